import { copyFile, stat, writeFile } from "node:fs/promises";
import type { MediaEngine } from "@camclips/media";

/**
 * A media engine that renders nothing: the first staged source passes for the clip. What remains is the pipeline's own
 * work: events, queues, records, slicing, copying.
 */
export const stubEngine: MediaEngine = {
  version: async () => "none",
  async renderClip({ sources, output, startMs, endMs }) {
    const [source] = sources;
    if (!source) throw new Error("no source");
    await copyFile(source.path, output);
    const { size } = await stat(output);
    return {
      precision: "fast",
      why: "nothing was rendered: the load benchmark measures the pipeline around it",
      bytes: size,
      durationMs: endMs - startMs,
      width: 160,
      height: 90,
      frames: 1,
      encodedFrames: 0,
      audio: false,
      audioCoverage: { delivered: [], silent: [] },
      delivered: [[startMs, endMs]],
      gaps: [],
      held: [],
      startErrorMs: 0,
      endErrorMs: 0,
      anchors: [{ seconds: 0, wallMs: startMs }],
    };
  },
  unwrap: async () => undefined,
  async renderThumbnails({ outputs }) {
    const thumbnails = await Promise.all(
      outputs.map(async ({ path, width }) => {
        await writeFile(path, "a picture");
        return { path, width: width ?? 160, height: 90 };
      }),
    );
    return { thumbnails };
  },
};

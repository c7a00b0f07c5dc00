import { CODE_COLUMNS, CODE_HEIGHT, CODE_ROWS, readBlocks } from "../../packages/core/src/media/testing/frame-code.ts";

export interface Seen {
  /** Asked for (seeking) or reported by the browser (playing). */
  seconds: number;
  code: number | null;
}

/** Runs inside the page: seeks to every instant, then plays, and notes the blocks of every picture. */
function look(clip: string, instants: number[], columns: number, rows: number, height: number): Promise<string> {
  const video = document.createElement("video");
  video.muted = true;
  video.preload = "auto";
  video.src = clip;
  document.body.append(video);
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });

  const blocks = (): boolean[] => {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    context?.drawImage(video, 0, 0);
    const band = (2 * Math.round((canvas.height * height) / 2)) / rows;
    const seen: boolean[] = [];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const x = Math.floor(((column + 0.5) * canvas.width) / columns);
        const pixel = context?.getImageData(x, Math.floor((row + 0.5) * band), 1, 1).data;
        seen.push((pixel?.[1] ?? 0) > 127);
      }
    }
    return seen;
  };
  const happened = (name: string) => {
    return new Promise<void>((resolve, reject) => {
      video.addEventListener(name, () => resolve(), { once: true });
      video.addEventListener("error", () => reject(new Error(video.error?.message ?? "error")), { once: true });
    });
  };
  const painted = () =>
    new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));

  const run = async () => {
    if (video.readyState < 2) await happened("loadeddata");
    const seeked: { seconds: number; blocks: boolean[] }[] = [];
    for (const seconds of instants) {
      const there = happened("seeked");
      video.currentTime = seconds;
      await there;
      await painted();
      seeked.push({ seconds, blocks: blocks() });
    }
    const back = happened("seeked");
    video.currentTime = 0;
    await back;
    const played: { seconds: number; blocks: boolean[] }[] = [];
    const note = (_: number, { mediaTime }: { mediaTime: number }) => {
      played.push({ seconds: mediaTime, blocks: blocks() });
      video.requestVideoFrameCallback(note);
    };
    video.requestVideoFrameCallback(note);
    const ended = happened("ended");
    await video.play();
    await ended;
    return JSON.stringify({ seeked, played, duration: video.duration });
  };
  return run();
}

/** The expression that a browser evaluates on an empty page of the same origin. */
export function lookExpression(clip: string, instants: readonly number[]): string {
  const args = [clip, instants, CODE_COLUMNS, CODE_ROWS, CODE_HEIGHT].map((value) => JSON.stringify(value));
  return `(${look})(${args.join(", ")})`;
}

export function readLook(answer: string): { seeked: Seen[]; played: Seen[]; duration: number } {
  const { seeked, played, duration } = JSON.parse(answer);
  const read = (seen: { seconds: number; blocks: boolean[] }[]) => {
    return seen.map(({ seconds, blocks }) => ({ seconds, code: readBlocks(blocks) }));
  };
  return { seeked: read(seeked), played: read(played), duration };
}

import { join } from "node:path";
import type { Gap, StagedSource } from "@camclips/events";
import type { CutEngine, RenderSource } from "@camclips/media";
import { CorruptSourceError } from "@camclips/mp4";
import type { Deps } from "../runtime/deps.ts";
import { downloadFile } from "../runtime/files.ts";
import { openCopied } from "./open-copied.ts";
import { openSliced } from "./open-sliced.ts";

type Needs = Pick<Deps, "work"> & { media: CutEngine };

/** The sources that can be cut, and what is missing for want of the others. */
export interface UsableSources {
  /** `staged`: its place among those that were staged. */
  sources: (RenderSource & { staged: number })[];
  /** Keys of the recordings, by the paths of their files. */
  names: Map<string, string>;
  gaps: Gap[];
  /** What is wrong with the sources that were left out. */
  whys: string[];
}

/** Fetches staged sources into a folder and opens them. */
export async function openStaged(
  staged: readonly StagedSource[],
  folder: string,
  deps: Needs,
  signal: AbortSignal,
): Promise<UsableSources> {
  const usable: UsableSources = { sources: [], names: new Map(), gaps: [], whys: [] };
  for (const [index, source] of staged.entries()) {
    const path = join(folder, `source-${index}.mp4`);
    await downloadFile(deps.work, source.key, path, signal);
    const opened = await open(source, path, deps, { scratch: folder, signal });
    if ("gap" in opened) {
      usable.gaps.push(opened.gap);
      usable.whys.push(...opened.whys);
      continue;
    }
    usable.names.set(opened.path, source.originKey);
    usable.sources.push({ ...opened, staged: index });
  }
  return usable;
}

/** A staged file as the renderer takes it, or what is missing for want of it. */
async function open(
  { method, container, bytes, originKey, ...staged }: StagedSource,
  path: string,
  deps: Needs,
  options: { scratch: string; signal: AbortSignal },
): Promise<RenderSource | { gap: Gap; whys: string[] }> {
  const { zeroMs, fromMs, toMs, previousFrameMs, lastFrameEndMs, frames, usualFrameMs } = staged;
  const source = { path, zeroMs, fromMs, toMs, previousFrameMs, lastFrameEndMs, frames, usualFrameMs };
  if (method === "sliced" && !container) return source;
  const gap = { startMs: fromMs, endMs: toMs };
  try {
    if (container) return await openSliced(source, container, deps, options);
    const opened = await openCopied(source, bytes, deps, options);
    return opened ?? { gap: { ...gap, cause: "NOT_RECORDED" }, whys: [] };
  } catch (error) {
    if (!(error instanceof CorruptSourceError)) throw error;
    return { gap: { ...gap, cause: "CORRUPT_SOURCE" }, whys: [error.message.replaceAll(path, originKey)] };
  }
}

import { rm } from "node:fs/promises";
import type { Container } from "@camclips/containers";
import type { CutEngine, RenderSource } from "@camclips/media";
import { fileSource, readPlainTimeline } from "@camclips/mp4";

/** More than what a transport stream's times are read as being before 0, when they begin again soon. */
export const LATER_SECONDS = 120;
/** Times of transport streams begin again after 26.5 hours (ISO/IEC 13818-1, 2.4.3.7): 33 bits, 90,000 a second. */
const WRAP_MS = (2 ** 33 / 90_000) * 1000;

/** A part that was sliced out of another container, as an MP4; as it is where what it holds does not go into one. */
export async function openSliced(
  source: RenderSource,
  container: Container,
  { media }: { media: CutEngine },
  options: { scratch: string; signal: AbortSignal },
): Promise<RenderSource> {
  const path = `${source.path}.unwrapped`;
  const unwrapped = await media.unwrap(source.path, path, { ...options, laterSeconds: LATER_SECONDS });
  if (!unwrapped) return source;
  await rm(source.path);
  const zeroMs = source.zeroMs - LATER_SECONDS * 1000;
  if (container !== "mpegts") return { ...source, ...unwrapped, path, zeroMs };
  await using file = await fileSource(path);
  const { starts } = (await readPlainTimeline(file, source.path, options.signal)) ?? {};
  const turns = starts ? Math.round((zeroMs + starts.videoSeconds * 1000 - source.fromMs) / WRAP_MS) : 0;
  return { ...source, ...unwrapped, path, zeroMs: zeroMs - turns * WRAP_MS };
}

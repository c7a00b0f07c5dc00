import { type Footage, type NameRules, type ObjectReader, recordingStartMs } from "@camclips/core";
import type { Interval } from "@camclips/events";
import { createFolderStore } from "@camclips/local";
import { fileSource, firstTrack, presentedRange, readMovie } from "@camclips/mp4";
import type { FoundRecording } from "./scan.ts";

/** Recordings that start longer before the range are taken to end before it, without a look into each. */
const LONGEST_MS = 24 * 3600_000;

/** How far into the future the next recording may start and still be where this one ends. */
export interface FootageRules extends NameRules {
  RECORDING_MAX_LEN: number;
}

/** Recordings of a folder as the pipeline sees them, and the bucket they lie in. */
export interface FolderFootage {
  footage: Footage[];
  origin: ObjectReader;
}

/**
 * Says where each recording ends: where its video does. One that cannot be read is listed all the same, up to the next
 * one, so that the pipeline can say what is wrong with it.
 */
export async function footageIn(
  folder: string,
  recordings: readonly FoundRecording[],
  range: Interval,
  rules: FootageRules,
): Promise<FolderFootage> {
  const files = new Map<string, string>();
  const footage: Footage[] = [];
  for (const [index, recording] of recordings.entries()) {
    const { name, startMs } = recording;
    const key = keyOf(recording, rules);
    files.set(key, name);
    const near = startMs > range[0] - LONGEST_MS && startMs < range[1];
    const longestMs = startMs + rules.RECORDING_MAX_LEN * 1000;
    const guessedMs = Math.min(recordings[index + 1]?.startMs ?? longestMs, longestMs);
    const endMs = (near ? await realEndMs(recording) : undefined) ?? guessedMs;
    if (endMs > startMs) footage.push({ key, startMs, endMs });
  }
  const store = createFolderStore(folder);
  const origin: ObjectReader = { open: async (key, signal) => store.open(files.get(key) ?? key, signal) };
  return { footage, origin };
}

/** A time in the name would win over the one that `--starts` gives, so such a file goes by another name. */
function keyOf({ name, startMs }: FoundRecording, rules: NameRules): string {
  const fromName = recordingStartMs(name, rules);
  return fromName === undefined || fromName === startMs ? name : `${name}@${startMs}`;
}

async function realEndMs({ path, startMs }: FoundRecording): Promise<number | undefined> {
  try {
    await using source = await fileSource(path);
    const video = firstTrack(await readMovie(source, path), "vide");
    const range = video && presentedRange(video);
    return range && startMs + Math.round(range.endSeconds * 1000);
  } catch {
    return undefined;
  }
}

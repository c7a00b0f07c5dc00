import { stat } from "node:fs/promises";
import { type Footage, type ObjectReader, possibleEnds } from "@camclips/core";
import { type NameRules, recordingStartMs } from "@camclips/core/recording-name";
import type { Interval, Settings } from "@camclips/events";
import { recordedInterval } from "@camclips/functions";
import { openRecording } from "@camclips/local/recordings";
import { CorruptSourceError } from "@camclips/mp4";
import { refusals } from "../file-errors.ts";
import type { FoundRecording } from "./scan.ts";

/** Recordings that start longer before the range are taken to end before it, without a look into each. */
const LONGEST_MS = 24 * 3600_000;

export type FootageRules = NameRules & Pick<Settings, "RECORDING_MAX_LEN" | "JOIN_TOLERANCE_MS">;

/** Recordings of a folder as the pipeline sees them, and the bucket they lie in. */
export interface FolderFootage {
  footage: Footage[];
  origin: ObjectReader;
  /** Of it, what was read out of the files; the rest are guesses. */
  known: Footage[];
  /** Names of recordings whose end shows only when all of them is read. */
  endless: string[];
  /** Those that cannot be read, and why. */
  broken: { name: string; startMs: number; why: string }[];
}

/**
 * Says where each recording ends, as the pipeline itself finds it. One that cannot be read is listed all the same, up to
 * the next one, so that the pipeline can say what is wrong with it; so is one whose index does not tell where it ends.
 */
export async function footageIn(
  recordings: readonly FoundRecording[],
  range: Interval,
  rules: FootageRules,
): Promise<FolderFootage> {
  const files = new Map<string, string>();
  const footage: Footage[] = [];
  const known: Footage[] = [];
  const endless: string[] = [];
  const unended = new Set<Footage>();
  const broken: FolderFootage["broken"] = [];
  for (const [index, recording] of recordings.entries()) {
    const { name, path, startMs } = recording;
    const named = keyOf(recording, rules);
    // Folders may hold files of the same name.
    const key = files.has(named) ? `${named}@${index}` : named;
    files.set(key, path);
    const near = startMs > range[0] - LONGEST_MS && startMs < range[1] && (await mayReach(recording, range[0], rules));
    const nextMs = recordings[index + 1]?.startMs ?? Number.POSITIVE_INFINITY;
    const guessedMs = Math.min(nextMs, startMs + rules.RECORDING_MAX_LEN * 1000);
    // However long recordings are, the next one begins where this one ends.
    const claimedMs = nextMs - startMs <= LONGEST_MS ? nextMs : guessedMs;
    const end = near ? await endOf(path, { key, startMs, endMs: claimedMs }, rules) : guessedMs;
    if (end === "unknown") endless.push(name);
    if (end instanceof CorruptSourceError) broken.push({ name, startMs, why: end.message.replace(`${key}: `, "") });
    const endMs = end === "unknown" ? startMs + LONGEST_MS : typeof end === "number" ? end : guessedMs;
    if (endMs <= startMs) continue;
    const found = { key, startMs, endMs };
    footage.push(found);
    if (end === "unknown") unended.add(found);
    if (near && endMs === end) known.push(found);
  }
  endUnended(footage, unended, rules);
  const origin: ObjectReader = { open: (key) => openFile(key, files.get(key)) };
  return { footage, known, origin, endless, broken };
}

/** Each reaches as far as no other one has the time. */
function endUnended(
  footage: readonly Footage[],
  unended: ReadonlySet<Footage>,
  { JOIN_TOLERANCE_MS }: FootageRules,
): void {
  const all = footage.map((one) => (unended.has(one) ? { ...one, endMs: Number.POSITIVE_INFINITY } : one));
  footage.forEach((one, index) => {
    if (!unended.has(one)) return;
    const bounds = { longestMs: one.endMs, joinToleranceMs: JOIN_TOLERANCE_MS };
    one.endMs = possibleEnds(all, index + 1, bounds).at(-1) ?? one.endMs;
  });
}

/** No video has fewer bytes a second, of one frame in several: so an index needs no look where a file is too small to last until the range. */
const LEAST_BYTES_PER_SECOND = 1;

async function mayReach({ path, startMs }: FoundRecording, fromMs: number, rules: FootageRules): Promise<boolean> {
  const seconds = (fromMs - startMs) / 1000 - rules.RECORDING_MAX_LEN;
  if (seconds <= 0) return true;
  const { size = Number.POSITIVE_INFINITY } = (await stat(path).catch(() => undefined)) ?? {};
  return size >= seconds * LEAST_BYTES_PER_SECOND;
}

/**
 * A time in the name would win over one that was told otherwise, so such a file goes by another name; keys are no paths, so
 * does one in a folder of the folder.
 */
function keyOf({ name, startMs }: FoundRecording, rules: NameRules): string {
  const fromName = recordingStartMs(name, rules);
  const isPlain = !name.includes("/") && (fromName === undefined || fromName === startMs);
  return isPlain ? name : `${name.replaceAll("/", "~").slice(-200)}@${startMs}`;
}

/** The newest recording may still be growing. @throws CorruptSourceError for one that may not be read */
async function openFile(key: string, path: string | undefined) {
  try {
    return path === undefined ? undefined : await openRecording(path);
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new CorruptSourceError(key, `it cannot be read: ${refusals[code] ?? message}`, { cause: error });
  }
}

async function endOf(
  path: string,
  claimed: Footage,
  rules: FootageRules,
): Promise<number | "unknown" | CorruptSourceError | undefined> {
  try {
    const object = await openFile(claimed.key, path);
    if (!object) return undefined;
    return (await recordedInterval(object, claimed, rules))?.endMs ?? "unknown";
  } catch (error) {
    // What is wrong with the file is the pipeline's to say.
    if (error instanceof CorruptSourceError) return error;
    throw error;
  }
}

import { recordedInterval } from "@camclips/functions";
import { claimsOf, type Located, type RecordingsRoot, type StartHints } from "@camclips/recordings";
import type { ExamineRules } from "./examine.ts";
import { openRecording } from "./open-recording.ts";

/** Clocks are set back by so much, or by less. */
const SET_BACK_MS = 3600_000;

/** What the roots say about a file. Where clocks were set back, and its name is of two instants, the file itself tells which. */
export async function locatedIn(
  roots: readonly RecordingsRoot[],
  path: string,
  writtenMs: number,
  rules: ExamineRules,
): Promise<NonNullable<Located>[]> {
  const claims = claimsOf(roots, path);
  const startMs = startOf(claims);
  const isDoubled =
    startMs !== undefined && startOf(claimsOf(roots, path, { startMs: startMs + SET_BACK_MS })) !== startMs;
  return isDoubled ? claimsOf(roots, path, await hintsOf(path, writtenMs, rules)) : claims;
}

const startOf = (claims: readonly NonNullable<Located>[]): number | undefined =>
  claims.flatMap((claim) => ("camera" in claim ? [claim.startMs] : []))[0];

/** It was last written as it ended. */
async function hintsOf(path: string, writtenMs: number, rules: ExamineRules): Promise<StartHints> {
  try {
    const object = await openRecording(path);
    const claimed = { key: path, startMs: 0, endMs: rules.RECORDING_MAX_LEN * 1000 };
    const interval = object && (await recordedInterval(object, claimed, rules));
    return interval ? { startMs: writtenMs - interval.endMs } : { writtenMs };
  } catch {
    // What is wrong with it is told where it is looked into.
    return { writtenMs };
  }
}

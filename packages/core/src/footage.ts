import type { ClipRequest, Settings } from "@camclips/events";
import type { Footage } from "./coverage.ts";
import { type AgeRules, type Decision, decide } from "./decide.ts";
import type { ListedRecording } from "./ports.ts";
import { possibleEnds } from "./possible-ends.ts";
import { type ObjectRules, recordingObjects } from "./recording-object.ts";

/**
 * Turns what the camera service lists into footage: the key out of the URL's end, the start out of the name (the
 * listed one is the fallback), the end as listed. Entries without a usable name or time are left out.
 *
 * An entry without an end, or with one before its start, ends where the last of the next ones starts before which no other one has the time, at the latest
 * after RECORDING_MAX_LEN; until then it is still being made, and left out. How long it really is shows when it is looked into. Of entries with the same key the one that ends last counts: a
 * recording that was listed while it was made may be listed again.
 * @param sentMs when the request was sent: what is over by then
 */
export function footageOf(
  listed: readonly ListedRecording[],
  rules: ObjectRules & Pick<Settings, "RECORDING_MAX_LEN" | "JOIN_TOLERANCE_MS" | "SQS_RETRY_LIMIT">,
  sentMs: number,
): Footage[] {
  const objects = recordingObjects(rules);
  const named = listed.flatMap(({ recordingUrl, startDate, endDate, initUrl }) => {
    const listedStartMs = listedMs(startDate ?? "");
    const listedEndMs = listedMs(endDate ?? "");
    const isListed = Number.isFinite(listedStartMs);
    const object = objects.atUrl(recordingUrl, isListed ? { startMs: listedStartMs } : { writtenMs: listedEndMs });
    const startMs = object?.startMs ?? listedStartMs;
    if (!object || !Number.isSafeInteger(startMs)) return [];
    const { key } = object;
    return [{ key, startMs, listedEndMs, initKey: initUrl === undefined ? undefined : objects.beside(key, initUrl) }];
  });
  const inOrder = named
    .map(({ startMs, listedEndMs }) => ({
      startMs,
      endMs: listedEndMs > startMs ? listedEndMs : Number.POSITIVE_INFINITY,
    }))
    .sort((a, b) => a.startMs - b.startMs);
  const firstLater = new Map(inOrder.map(({ startMs }, i) => [startMs, i + 1]));
  const likelyEnds = new Map<number, number>();
  const byKey = new Map<string, Footage & { isListed: boolean }>();
  for (const { key, startMs, listedEndMs, initKey } of named) {
    const isListed = listedEndMs > startMs;
    const endMs = isListed ? listedEndMs : likelyEndMs(startMs);
    const other = byKey.get(key);
    const isBetter = !other || (isListed === other.isListed ? endMs > other.endMs : isListed);
    if (endMs > startMs && isBetter) byKey.set(key, { key, startMs, endMs, isListed, ...(initKey && { initKey }) });
  }
  return Array.from(byKey.values(), ({ isListed: _, ...footage }) => footage);

  /** NaN while it may still be made. */
  function likelyEndMs(startMs: number): number {
    const known = likelyEnds.get(startMs);
    if (known !== undefined) return known;
    const longestMs = startMs + rules.RECORDING_MAX_LEN * 1000;
    const ends = possibleEnds(inOrder, firstLater.get(startMs) ?? 0, {
      longestMs,
      joinToleranceMs: rules.JOIN_TOLERANCE_MS,
    });
    // Behind all others, another one may still come.
    const mayCome = ends.length > 1 && longestMs > sentMs - rules.SQS_RETRY_LIMIT * 1000;
    const endMs = ends.findLast((end) => end <= sentMs && !(mayCome && end === longestMs)) ?? Number.NaN;
    likelyEnds.set(startMs, endMs);
    return endMs;
  }
}

/** Decides about an attempt by what the camera service lists when it is made. */
export function decideByList(
  request: ClipRequest,
  listed: readonly ListedRecording[],
  rules: AgeRules & Parameters<typeof footageOf>[1],
): { usable: Footage[]; decision: Decision } {
  const usable = footageOf(listed, rules, request.sentMs);
  const newestMs = Math.max(...usable.map(({ startMs }) => startMs));
  return { usable, decision: decide(request, { usable, lost: [], newestMs }, rules) };
}

const ISO =
  /^(\d{4})-?(\d{2})-?(\d{2})[T ](\d{2}):?(\d{2})(?::?(\d{2}(?:[.,]\d+)?))?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/i;

/** Epoch ms; NaN when it is no time. Times are UTC unless they name a zone, whatever zone this machine is in. */
function listedMs(text: string): number {
  const time = text.trim();
  if (/^\d{12,14}$/.test(time)) return Number(time);
  const fields = ISO.exec(time);
  if (!fields)
    return /\b\d{4}\b/.test(time)
      ? Date.parse(/ (?:GMT|UTC|[+-]\d{4})$/.test(time) ? time : `${time} UTC`)
      : Number.NaN;
  const [, year, month, day, hour, minute, second = "00", zone = "Z"] = fields;
  const offset = /^[+-]/.test(zone) ? zone.replace(":", "").padEnd(5, "0") : "Z";
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second.replace(",", ".")}${offset}`);
}

/**
 * Where to look for recordings: a recording's length around the range, because the service may list only recordings that start within it; and as far
 * after it as waiting goes, to see whether newer footage has come.
 */
export function searchRange(
  { startMs, endMs }: Pick<ClipRequest, "startMs" | "endMs">,
  { RECORDING_MAX_LEN, SQS_RETRY_LIMIT }: Pick<Settings, "SQS_RETRY_LIMIT" | "RECORDING_MAX_LEN">,
): [number, number] {
  return [startMs - RECORDING_MAX_LEN * 1000, endMs + Math.max(RECORDING_MAX_LEN, SQS_RETRY_LIMIT) * 1000];
}

import type { ClipRequest, Settings } from "@camclips/events";
import type { Footage } from "./coverage.ts";
import { type AgeRules, type Decision, decide } from "./decide.ts";
import type { ListedRecording } from "./ports.ts";
import { type ObjectRules, recordingObjects } from "./recording-object.ts";

/**
 * Turns what the camera service lists into footage: the key out of the URL's end, the start out of the name (the
 * listed one is the fallback), the end as listed. Entries without a usable name or time are left out.
 *
 * An entry without an end, or with one before its start, ends where the next one starts, at the latest after RECORDING_MAX_LEN; until then it is still
 * being made, and left out. How long it really is shows when it is looked into.
 * @param sentMs when the request was sent: what is over by then
 */
export function footageOf(
  listed: readonly ListedRecording[],
  rules: ObjectRules & Pick<Settings, "RECORDING_MAX_LEN">,
  sentMs: number,
): Footage[] {
  const byKey = new Map<string, Footage>();
  const objects = recordingObjects(rules);
  const named = listed.flatMap(({ recordingUrl, startDate, endDate, initUrl }) => {
    const listedEndMs = listedMs(endDate ?? "");
    const object = objects.atUrl(recordingUrl, listedEndMs);
    const startMs = object?.startMs ?? listedMs(startDate);
    if (!object || !Number.isSafeInteger(startMs)) return [];
    const { key } = object;
    return [{ key, startMs, listedEndMs, initKey: initUrl === undefined ? undefined : objects.beside(key, initUrl) }];
  });
  const starts = named.map(({ startMs }) => startMs);
  for (const { key, startMs, listedEndMs, initKey } of named) {
    const longestMs = startMs + rules.RECORDING_MAX_LEN * 1000;
    const likelyMs = Math.min(longestMs, ...starts.filter((next) => next > startMs));
    const isListed = listedEndMs > startMs;
    const endMs = !isListed && likelyMs <= sentMs ? likelyMs : listedEndMs;
    if (endMs > startMs) byKey.set(key, { key, startMs, endMs, ...(initKey && { initKey }) });
  }
  return [...byKey.values()];
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

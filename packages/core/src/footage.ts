import type { Settings } from "@camclips/events";
import type { Footage } from "./coverage.ts";
import { recordingKey } from "./keys.ts";
import type { ListedRecording } from "./ports.ts";
import { basename, type NameRules, recordingStartMs } from "./recording-name.ts";

/**
 * Turns what the camera service lists into footage: the key out of the URL's basename, the start out of the name (the
 * listed one is the fallback), the end as listed. Entries without a usable name or time are left out.
 */
export function footageOf(
  listed: readonly ListedRecording[],
  rules: NameRules & Pick<Settings, "S3_BUCKET_ORIGIN_DIR">,
): Footage[] {
  const byKey = new Map<string, Footage>();
  for (const { recordingUrl, startDate, endDate } of listed) {
    const name = safeDecode(basename(recordingUrl));
    const key = recordingKey(rules.S3_BUCKET_ORIGIN_DIR, name);
    const startMs = recordingStartMs(name, rules) ?? Date.parse(startDate);
    const endMs = Date.parse(endDate);
    if (key && Number.isSafeInteger(startMs) && endMs > startMs) byKey.set(key, { key, startMs, endMs });
  }
  return [...byKey.values()];
}

/** Names in URLs may be percent-encoded; one that is not valid stays as it is. */
function safeDecode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

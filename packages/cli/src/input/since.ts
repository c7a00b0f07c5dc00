import { InvalidArgumentError } from "commander";
import { parseInstant } from "./instant.ts";

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads `30m`, `1h`, `2d`, or a time. @returns epoch ms.
 * @throws InvalidArgumentError that shows the forms.
 */
export function parseSince(text: string): number {
  const span = /^(\d{1,6})([smhd])$/.exec(text.trim());
  if (span) return Date.now() - Number(span[1]) * UNITS[span[2] as keyof typeof UNITS];
  try {
    return parseInstant(text);
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}, or how long ago: 90s, 30m, 1h, 2d`);
  }
}

import { InvalidArgumentError } from "commander";
import { parseInstant, readInstant } from "./instant.ts";

const SPAN = /^\d{1,6}[smhd]$/;

/**
 * Reads `30m`, `1h`, `2d`, or a time. @returns epoch ms.
 * @throws InvalidArgumentError that shows the forms.
 */
export function parseSince(text: string): number {
  if (SPAN.test(text.trim())) return readInstant(`${text.trim()} ago`);
  try {
    return parseInstant(text);
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}, or how long ago: 90s, 30m, 1h, 2d`);
  }
}

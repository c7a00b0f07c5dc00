import { groupId } from "@camclips/events";
import { InvalidArgumentError } from "commander";

/** Of the command line. @throws InvalidArgumentError */
export function parseGroupId(text: string): string {
  const read = groupId.safeParse(text);
  if (read.success) return read.data;
  throw new InvalidArgumentError(`"${text}" is no groupId: it ${read.error.issues[0]?.message}.`);
}

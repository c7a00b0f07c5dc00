import { readRequest, writeRequest } from "@camclips/core";
import { type ChoiceName, type ClipRequest, choiceNames, choices } from "@camclips/events";
import { InvalidArgumentError, Option } from "commander";
import { globalRegistry } from "zod/mini";
import { suggesting } from "../completion/suggestions.ts";
import { UsageError } from "../exit-codes.ts";

/** What was chosen of what a request leaves open. */
export type Chosen = { [Name in ChoiceName]?: ClipRequest[Name] };

/** An option for each choice of a request, such as `--gap-policy` for `gapPolicy`. */
export function choiceOptions(): Option[] {
  return choiceNames.map((name) => {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const values: readonly string[] = choices[name].def.innerType.options;
    const usual = choices[name].parse(undefined);
    const help = `${globalRegistry.get(choices[name])?.description}; one of ${values.join(", ")}${usual ? ` (default: ${usual})` : ""}`;
    return suggesting(
      new Option(`--${flag} <value>`, help).argParser((text) => oneOf(values, text)),
      values,
    );
  });
}

function oneOf(values: readonly string[], text: string): string {
  const plain = (value: string) => value.toUpperCase().replaceAll("-", "_");
  const found = values.find((value) => plain(value) === plain(text));
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`Allowed: ${values.join(", ")}.`);
}

interface Asked extends Chosen {
  camera: string;
  start: number;
  end: number;
}

/**
 * The body of a request for a clip.
 * @param options of the command line; what is no choice of a request is left out.
 * @throws UsageError for what the service would refuse.
 */
export function requestBodyOf(clipId: string, { camera, start, end, ...options }: Asked): string {
  const chosen = Object.fromEntries(choiceNames.map((name) => [name, options[name]]));
  const body = { clipId, cameraId: camera, startTimestampInMs: start, endTimestampInMs: end, ...chosen };
  const read = readRequest(body, 0);
  if (read.readable) return writeRequest(read.request);
  throw new UsageError(`the service would refuse this request: ${read.message}`);
}

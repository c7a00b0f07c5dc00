import { findFfmpeg } from "@camclips/media/engine";

/** Reads a command's arguments; bad ones end it with a message, the help and exit code 2, without a stack. */
export function orUsage<T>(help: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${help}`);
    process.exit(2);
  }
}

/** @throws Error when the text is no whole number from 1 on. */
export function countFrom(option: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`--${option} ${text}: a whole number from 1 on`);
  return count;
}

/** The chosen ones, in the order of `all`. @throws Error when one is not among them. */
export function chosenFrom<Name extends string>(option: string, text: string, all: readonly Name[]): Name[] {
  const wanted = text.split(",");
  const unknown = wanted.find((name) => !all.some((one) => one === name));
  if (unknown !== undefined) throw new Error(`--${option} ${unknown}: choose from ${all.join(", ")}`);
  return all.filter((name) => wanted.includes(name));
}

/** The ffmpeg of the product; without a usable one the command ends with a message and exit code 2. */
export async function ffmpegOrExit(): Promise<string> {
  return findFfmpeg(process.env).catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  });
}

import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { readRequests } from "@camclips/core/group";
import * as z from "zod/mini";
import { UsageError } from "../exit-codes.ts";

/** One SQS message, as far as the pipeline cares. */
export interface Message {
  messageId: string;
  body: string;
  /** SentTimestamp. */
  sentMs: number;
}

const event = z.object({
  Records: z
    .array(
      z.object({
        messageId: z._default(z.string(), "(no messageId)"),
        body: z.union([
          z.string(),
          z.pipe(
            z.record(z.string(), z.unknown()),
            z.transform((body) => JSON.stringify(body)),
          ),
        ]),
        attributes: z.object({ SentTimestamp: z.coerce.number().check(z.int(), z.positive()) }),
      }),
    )
    .check(z.minLength(1)),
});

/**
 * Reads a Lambda SQS event; a file that holds bodies instead counts as messages that are sent now.
 * @param file `-` for stdin.
 * @throws UsageError that says what a file should hold.
 */
export async function readMessages(file: string, nowMs: number): Promise<Message[]> {
  const text = file === "-" ? await readAll(process.stdin) : await contentOf(file);
  const name = file === "-" ? "stdin" : file;
  const json = parsed(text);
  if (typeof json === "object" && json !== null && "Records" in json) {
    const read = event.safeParse(json);
    if (!read.success) throw new UsageError(`${name} is no SQS event:\n${z.prettifyError(read.error)}`);
    return read.data.Records.map(({ attributes, ...record }) => ({ ...record, sentMs: attributes.SentTimestamp }));
  }
  const bodies = Array.isArray(json) && json.length > 0 ? json.map((body) => JSON.stringify(body)) : [text.trim()];
  try {
    for (const body of bodies) readRequests(body, nowMs);
  } catch (error) {
    const hint =
      'expected {"Records": [...]} as "camclips event" writes it, the body of one request or group, or an array of them';
    throw new UsageError(`${name}: ${(error as Error).message}; ${hint}`);
  }
  return bodies.map((body, index) => ({
    messageId: bodies.length > 1 ? `${name}, ${index + 1}` : name,
    body,
    sentMs: nowMs,
  }));
}

async function contentOf(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    const hint = error.code === "ENOENT" ? '; make a sample with "camclips event -a"' : "";
    throw new UsageError(
      `cannot read ${file}: ${error.code === "ENOENT" ? "there is no such file" : error.message}${hint}`,
    );
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

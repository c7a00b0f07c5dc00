import { type FSWatcher, watch } from "node:fs";
import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ReadRequest, readRequest, requestKey, writeRequest } from "@camclips/core";
import { type ReadGroup, readGroup } from "@camclips/core/group";
import { askedAs, putAsked } from "@camclips/local";
import { storeGroup } from "./api/ask-group.ts";
import { Problem } from "./http/problem.ts";
import type { Site } from "./site.ts";

/** A file that was written to a moment ago may not be whole. */
const SETTLED_MS = 1000;
const LOOK_MS = 5000;
const MAX_BYTES = 1024 ** 2;

/**
 * Takes requests out of files or groups (contract, sections 1 and 7: `*.json`) that appear in a folder. One that was stored goes into `accepted`, one that is
 * none into `refused`, with a text beside it that says why.
 */
export class DropFolder {
  readonly #folder: string;
  readonly #site: Site;
  readonly #onError: (error: unknown) => void;
  #watch: FSWatcher | undefined;
  #look: NodeJS.Timeout | undefined;
  #taking: Promise<void> = Promise.resolve();
  #stopped = false;
  /** Files that could not be taken, and why: each is told once. */
  #failing = new Map<string, string>();

  constructor(folder: string, site: Site, onError: (error: unknown) => void) {
    this.#folder = folder;
    this.#site = site;
    this.#onError = onError;
  }

  async start(): Promise<void> {
    for (const name of ["accepted", "refused"]) await mkdir(join(this.#folder, name), { recursive: true });
    const look = () => {
      if (!this.#stopped) this.#taking = this.#taking.then(() => this.#takeAll()).catch(this.#onError);
    };
    this.#watch = watch(this.#folder, { persistent: false }, () => setTimeout(look, SETTLED_MS).unref());
    this.#watch.on("error", this.#onError);
    this.#look = setInterval(look, LOOK_MS).unref();
    look();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#watch?.close();
    clearInterval(this.#look);
    await this.#taking;
  }

  async #takeAll(): Promise<void> {
    const entries = await readdir(this.#folder, { withFileTypes: true });
    const failing = new Map<string, string>();
    for (const entry of entries) {
      if (this.#stopped || !entry.isFile() || !/^[^.].*\.json$/i.test(entry.name)) continue;
      // One that cannot be read, or moved away, is no reason to leave the others.
      await this.#take(entry.name).catch((error: Error) => {
        failing.set(entry.name, error.message);
        if (this.#failing.get(entry.name) !== error.message) this.#onError(error);
      });
    }
    this.#failing = failing;
  }

  async #take(name: string): Promise<void> {
    const path = join(this.#folder, name);
    const { mtimeMs, size } = await stat(path);
    if (Math.abs(Date.now() - mtimeMs) < SETTLED_MS) return;
    const problem =
      size > MAX_BYTES ? `a request has ${MAX_BYTES} bytes at most` : await this.#store(await readFile(path, "utf8"));
    // Stored first: killed in between, the file is taken again, and is the same request.
    await rename(path, join(this.#folder, problem === undefined ? "accepted" : "refused", name));
    if (problem !== undefined) await writeFile(join(this.#folder, "refused", `${name}.txt`), `${problem}\n`);
  }

  /** @returns what is wrong with it. */
  async #store(text: string): Promise<string | undefined> {
    const { runtime, clock } = this.#site;
    const sentMs = clock.now();
    let read: ReadRequest | ReadGroup;
    try {
      read = readGroup(text, sentMs) ?? readRequest(text, sentMs);
    } catch (error) {
      return (error as Error).message;
    }
    if ("items" in read) return this.#storeGroup(read, text);
    if (!read.readable) return read.message;
    const { request } = read;
    const asked = { clipId: request.clipId, requestKey: requestKey(request), body: writeRequest(request), sentMs };
    const before = askedAs(runtime.state.read, request.clipId);
    if (before)
      return before.requestKey === asked.requestKey
        ? undefined
        : `the clipId ${request.clipId} stands for another clip already`;
    const known = { ...asked, idempotencyKey: undefined, title: undefined };
    await runtime.request(asked.body, sentMs, (transaction) => putAsked(transaction, known));
    return undefined;
  }

  async #storeGroup(group: ReadGroup, body: string): Promise<string | undefined> {
    try {
      await storeGroup(this.#site, group, { body, idempotencyKey: undefined });
      return undefined;
    } catch (error) {
      // The file is taken again when there is room, or the disk is back.
      if (!(error instanceof Problem) || error.status === 507 || error.status === 503) throw error;
      return error.message;
    }
  }
}

import type { Interval } from "@camclips/events";
import type { StateFile } from "../sqlite/state-file.ts";
import { Arena } from "./arena.ts";
import { type ExamineRules, examine, SETTLED_MS } from "./examine.ts";
import {
  type Examined,
  LONGEST_MS,
  nextStartMs,
  putExamined,
  type RecordingRow,
  rowsInRange,
  rowsInState,
  writeRows,
} from "./rows.ts";

/** Files that are looked into at once, and written down together. */
const BATCH = 4;

export interface ExaminerOptions {
  file: StateFile;
  rules: ExamineRules;
  now(): number;
  /** Is told of what the table says otherwise now. */
  onChange(row: RecordingRow): void;
  /** Is told of footage that was not there before. */
  onFootage(camera: string, range: Interval): void;
  onError(error: unknown): void;
}

/** Looks into recordings in the background, the newest first, and again into those that grow until they are closed. */
export class Examiner {
  readonly #options: ExaminerOptions;
  #working: Promise<void> | undefined;
  #growing: NodeJS.Timeout | undefined;
  #stopped = false;
  readonly #arenas: Arena[] = [];

  constructor(options: ExaminerOptions) {
    this.#options = options;
  }

  /** Files that nobody looked into yet. */
  get pending(): number {
    return Number(this.#options.file.read.row("SELECT count(*) AS count FROM recordings WHERE state = 'new'")?.count);
  }

  /** There may be something new to look into. */
  wake(): void {
    if (this.#stopped) return;
    this.#working ??= this.#until(this.#work());
    this.#growing ??= setInterval(() => this.#lookAtGrowing(), SETTLED_MS / 2).unref();
  }

  /** Looks into what a range needs before anything else. */
  async examineRange(camera: string, [startMs, endMs]: Interval): Promise<void> {
    const rows = rowsInRange(this.#options.file.read, camera, startMs, endMs);
    const wanted = rows.filter(({ state }) => state === "new" || state === "growing");
    await this.#examineAll(wanted);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#growing);
    await this.#working;
  }

  async #work(): Promise<void> {
    for (;;) {
      const rows = rowsInState(this.#options.file.read, "new", BATCH);
      if (rows.length === 0 || this.#stopped) return;
      await this.#examineAll(rows);
    }
  }

  #lookAtGrowing(): void {
    if (this.#working || this.#stopped) return;
    const rows = rowsInState(this.#options.file.read, "growing", 1000);
    // What came meanwhile is next.
    this.#working = this.#until(this.#examineAll(rows)).then(() => {
      if (rows.length > 0) this.wake();
    });
  }

  /** What cannot be written down now (a full disk) is looked into again later: it is no reason to end the process. */
  #until(work: Promise<void>): Promise<void> {
    return work
      .catch((error: unknown) => this.#options.onError(error))
      .finally(() => {
        this.#working = undefined;
      });
  }

  async #examineAll(rows: readonly RecordingRow[]): Promise<void> {
    for (let at = 0; at < rows.length; at += BATCH) await this.#examineBatch(rows.slice(at, at + BATCH));
  }

  async #examineBatch(rows: readonly RecordingRow[]): Promise<void> {
    const { file, onChange, onFootage } = this.#options;
    const found = await Promise.all(rows.map(async (row) => ({ row, found: await this.#examine(row) })));
    const changed = found.filter(({ row, found }) => differs(row, found));
    if (changed.length === 0) return;
    await writeRows(file, (transaction) => {
      for (const { found } of changed) putExamined(transaction, found);
    });
    for (const { row, found } of changed) {
      onChange(row);
      const isMore = row.state === "new" || found.endMs !== row.endMs || found.state === "closed";
      if (isMore && found.state !== "vanished") onFootage(row.camera, [row.startMs, found.endMs]);
    }
  }

  async #examine(row: RecordingRow): Promise<Examined> {
    const { rules, now, file, onError } = this.#options;
    const longest = row.startMs + rules.RECORDING_MAX_LEN * 1000;
    const nextMs = nextStartMs(file.read, row.camera, row.startMs) ?? longest;
    const guessMs = Math.min(longest, nextMs);
    // However long recordings are, the next one begins where this one ends.
    const claimedMs = nextMs - row.startMs <= LONGEST_MS ? nextMs : guessMs;
    const arena = this.#arenas.pop() ?? new Arena();
    try {
      return await examine(row, { rules, guessMs, claimedMs, nowMs: now(), arena });
    } catch (error) {
      // A disk that goes away, a file without permission: it is not the recording's index that is broken, so that the next
      // look through the folders takes it for a file that changed.
      onError(error);
      return { ...row, state: "damaged", reason: (error as Error).message, writtenMs: 0 };
    } finally {
      arena.reset();
      if (this.#arenas.length < BATCH) this.#arenas.push(arena);
    }
  }
}

function differs(row: RecordingRow, found: Examined): boolean {
  return (
    found.state !== row.state || found.endMs !== row.endMs || found.sure !== row.sure || found.reason !== row.reason
  );
}

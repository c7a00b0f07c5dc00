import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { SCHEMA } from "./schema.ts";

export type Row = Record<string, SQLOutputValue>;

/** Inside one write: what it sees and changes appears whole or not at all. */
export interface Transaction {
  /** The first row. */
  row(sql: string, ...values: SQLInputValue[]): Row | undefined;
  rows(sql: string, ...values: SQLInputValue[]): Row[];
  /** @returns rows that changed. */
  run(sql: string, ...values: SQLInputValue[]): number;
}

/** How long a process waits for another one's write (a command that reads, two that start at once). */
const BUSY_MS = 5_000;

interface WriteOptions {
  /**
   * False: it survives the end of the process, but not a power cut, unless a later write does. For what is only a hint then,
   * such as a count of deliveries.
   */
  durable?: boolean;
}

interface Job {
  durable: boolean;
  run(transaction: Transaction): unknown;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * The one SQLite file of a runtime. Writes survive a power cut once they have resolved (WAL, synchronous=FULL). Those that are
 * asked for in the same turn share one commit, because waiting for the disk is what a write costs.
 */
export class StateFile implements Disposable {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #jobs: Job[] = [];
  #durable = false;

  /** @param path `:memory:` for none. */
  constructor(path: string, { readOnly = false } = {}) {
    if (path !== ":memory:" && !readOnly) mkdirSync(dirname(path), { recursive: true });
    try {
      this.#database = new DatabaseSync(path, { readOnly, timeout: BUSY_MS });
      // Tables without rows need not reach the disk one by one: the first durable write takes them along.
      if (!readOnly) this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${SCHEMA}`);
    } catch (error) {
      throw told(error, path);
    }
  }

  /** @throws whatever `run` throws; nothing that it did stays then, and other writes are not touched. */
  write<T>(run: (transaction: Transaction) => T, { durable = true }: WriteOptions = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#jobs.push({ durable, run, resolve: resolve as (value: unknown) => void, reject });
      if (this.#jobs.length === 1) setImmediate(() => this.#commit());
    });
  }

  /** A number that changes when another process has written into the file. */
  get othersWrote(): number {
    return Number(this.read.row("PRAGMA data_version")?.data_version);
  }

  readonly read: Pick<Transaction, "row" | "rows"> = {
    row: (sql, ...values) => this.#statement(sql).get(...values),
    rows: (sql, ...values) => this.#statement(sql).all(...values),
  };

  readonly #transaction: Transaction = {
    ...this.read,
    run: (sql, ...values) => Number(this.#statement(sql).run(...values).changes),
  };

  #commit(): void {
    const jobs = this.#jobs;
    this.#jobs = [];
    try {
      this.#setDurable(jobs.some(({ durable }) => durable));
      this.#do("BEGIN IMMEDIATE");
      const ends = jobs.map((job) => this.#attempt(job));
      this.#do("COMMIT");
      for (const end of ends) end();
    } catch (error) {
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec("ROLLBACK");
      for (const { reject } of jobs) reject(told(error));
    }
  }

  #setDurable(durable: boolean): void {
    if (durable === this.#durable) return;
    this.#database.exec(`PRAGMA synchronous = ${durable ? "FULL" : "NORMAL"}`);
    this.#durable = durable;
  }

  /** @returns how to tell the job's caller, once all is committed. */
  #attempt({ run, resolve, reject }: Job): () => void {
    this.#do("SAVEPOINT job");
    try {
      const value = run(this.#transaction);
      this.#do("RELEASE job");
      return () => resolve(value);
    } catch (error) {
      this.#database.exec("ROLLBACK TO job; RELEASE job");
      return () => reject(error);
    }
  }

  /** Of what comes with every write, and is prepared once. */
  #do(sql: "BEGIN IMMEDIATE" | "SAVEPOINT job" | "RELEASE job" | "COMMIT"): void {
    this.#statement(sql).run();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** SQLite's result codes of what the file system refuses, as Node calls them elsewhere. */
const CODES: Partial<Record<number, string>> = { 8: "EROFS", 13: "ENOSPC", 14: "EACCES" };

function told(error: unknown, path?: string): Error {
  const { errcode, message } = error as Error & { errcode?: number };
  const code = CODES[(errcode ?? 0) & 0xff];
  const problem = `${path ?? "the state file"}: ${code ? `${code}, ` : ""}${message}`;
  return Object.assign(new Error(problem, { cause: error }), code && { code, path });
}

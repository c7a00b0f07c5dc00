import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { ListedRecording, ObjectReader } from "@camclips/core";
import type { Interval } from "@camclips/events";
import type { RecordingsRoot } from "@camclips/recordings";
import type { StateFile } from "../sqlite/state-file.ts";
import { type CameraCoverage, cameraCoverage } from "./coverage.ts";
import type { ExamineRules } from "./examine.ts";
import { Examiner } from "./examiner.ts";
import { openRecording } from "./open-recording.ts";
import { type CameraOverlap, recordingOverlaps } from "./overlaps.ts";
import { LONGEST_MS, type RecordingRow, rowById, rowsInRange, rowsInState, writeRows } from "./rows.ts";
import { scanFolder } from "./scan-folder.ts";
import { Spans } from "./spans.ts";
import { FolderWatches } from "./watch-folders.ts";

export interface RecordingsIndexOptions {
  file: StateFile;
  roots: readonly RecordingsRoot[];
  rules: ExamineRules;
  rescanSeconds: number;
  now?(): number;
  /** Is told of footage that was not there before: clips may wait for it. */
  onFootage?(camera: string, range: Interval): void;
  onError?(error: unknown): void;
}

export interface CameraSummary {
  camera: string;
  recordings: number;
  bytes: number;
  firstMs: number;
  lastMs: number;
  damaged: number;
  growing: number;
}

/** Something about the recordings that a person should see to. */
export interface RecordingProblem {
  path: string;
  problem: string;
  camera?: string;
  startMs?: number;
  /** The other file, where two claim the same time. */
  other?: string;
}

const SUMMARY_MS = 1000;

/** All recordings are compared for it. */
const OVERLAPS_MS = 30_000;

/** So many files that are nobody's are told. */
const MAX_PROBLEMS = 1000;

/** What there is of every camera, kept up with the disk: docs/decisions/0032-recordings-index.md. */
export class RecordingsIndex {
  readonly #options: RecordingsIndexOptions;
  readonly #watches: FolderWatches;
  readonly #examiner: Examiner;
  readonly #spans: Spans;
  readonly #problems = new Map<string, string>();
  /** Roots that cannot be read now, and why. */
  readonly unreachable = new Map<string, string>();
  #overlaps: { atMs: number; found: CameraOverlap[] } | undefined;
  #summary: { atMs: number; cameras: CameraSummary[] } | undefined;
  #scanning: Promise<void> = Promise.resolve();
  #rescan: NodeJS.Timeout | undefined;
  #scans = 0;
  #stopped = false;

  constructor(options: RecordingsIndexOptions) {
    this.#options = options;
    this.#spans = new Spans(options.file.read, options.rules.JOIN_TOLERANCE_MS);
    this.#examiner = new Examiner({
      file: options.file,
      rules: options.rules,
      now: this.#now,
      onChange: ({ camera, startMs }) => this.#spans.forget(camera, startMs),
      onFootage: (camera, range) => options.onFootage?.(camera, range),
      onError: (error) => options.onError?.(error),
    });
    this.#watches = new FolderWatches((folder) => this.#later(() => this.#scan(folder)));
  }

  readonly #now = (): number => this.#options.now?.() ?? Date.now();

  /** Resolves at once; what the disk holds is found in the background. */
  start(): void {
    this.rescan();
    this.#rescan = setInterval(() => this.rescan(), this.#options.rescanSeconds * 1000).unref();
  }

  /** Looks through all folders. @returns when that is done. */
  rescan(): Promise<void> {
    return this.#later(async () => {
      this.#problems.clear();
      for (const { folder } of this.#options.roots) await this.#scanRoot(folder);
      this.#scans += 1;
      // Those that were growing when the last process ended.
      this.#examiner.wake();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#rescan);
    this.#watches.close();
    await this.#scanning;
    await this.#examiner.stop();
  }

  /** `complete`: every folder was looked through, and every file into. */
  progress(): { complete: boolean; toExamine: number; folders: number } {
    const toExamine = this.#examiner.pending;
    return { complete: this.#scans > 0 && toExamine === 0, toExamine, folders: this.#watches.size };
  }

  /** As it was within the last second at worst: it is summed up out of every recording. */
  cameras(): CameraSummary[] {
    const nowMs = performance.now();
    if (!this.#summary || nowMs - this.#summary.atMs > SUMMARY_MS)
      this.#summary = { atMs: nowMs, cameras: this.#sumUp() };
    return this.#summary.cameras;
  }

  #sumUp(): CameraSummary[] {
    const rows = this.#options.file.read.rows(
      `SELECT camera, count(*) AS recordings, sum(bytes) AS bytes, min(start_ms) AS first, max(end_ms) AS last,
         sum(state = 'damaged') AS damaged, sum(state = 'growing') AS growing
       FROM recordings WHERE state <> 'vanished' GROUP BY camera ORDER BY camera`,
    );
    return rows.map((row) => ({
      camera: String(row.camera),
      recordings: Number(row.recordings),
      bytes: Number(row.bytes),
      firstMs: Number(row.first),
      lastMs: Number(row.last),
      damaged: Number(row.damaged),
      growing: Number(row.growing),
    }));
  }

  hasCamera(camera: string): boolean {
    return this.#options.file.read.row("SELECT 1 FROM recordings WHERE camera = ? LIMIT 1", camera) !== undefined;
  }

  coverage(camera: string, range: Interval, joinMs: number): CameraCoverage {
    return cameraCoverage({ read: this.#options.file.read, spans: this.#spans }, camera, range, joinMs);
  }

  /** The recording that holds an instant. */
  at(camera: string, atMs: number): RecordingRow | undefined {
    const rows = rowsInRange(this.#options.file.read, camera, atMs, atMs + 1);
    return rows.findLast(({ state }) => state === "closed" || state === "growing" || state === "new");
  }

  /** Recordings of a range for the pipeline: their ends are known, and keys tell nothing that the list does not. */
  async listed(
    camera: string,
    startMs: number,
    endMs: number,
  ): Promise<(ListedRecording & { startDate: string; row: RecordingRow })[]> {
    await this.#examiner.examineRange(camera, [startMs, endMs]);
    const rows = rowsInRange(this.#options.file.read, camera, startMs, endMs);
    return rows.flatMap((row) => {
      // Nobody can read it yet; as it is not listed, it is still waited for.
      if (row.state === "growing" && !row.sure) return [];
      // Its recorder gave it another name.
      if (row.state === "vanished" && rows.some((other) => other !== row && other.startMs === row.startMs)) return [];
      return [
        {
          row,
          startDate: new Date(row.startMs).toISOString(),
          endDate: new Date(endOf(row, rows)).toISOString(),
          recordingUrl: `https://recordings.invalid/${encodeURIComponent(keyOf(row))}`,
        },
      ];
    });
  }

  /** Where a recording lies below the folder that the configuration names. */
  pathOf({ folder, name }: Pick<RecordingRow, "folder" | "name">): string {
    return relative(this.#rootOf(folder) ?? folder, join(folder, name))
      .split(sep)
      .join("/");
  }

  /** Opens recordings by the keys that `listed` tells. */
  readonly origin: ObjectReader = {
    open: async (key) => {
      const row = rowById(this.#options.file.read, Number(key.slice(key.lastIndexOf("@") + 1)));
      return row && openRecording(join(row.folder, row.name));
    },
  };

  /** Damaged recordings first, then those that overlap, then files that are nobody's. */
  problems(): RecordingProblem[] {
    const damaged = rowsInState(this.#options.file.read, "damaged", MAX_PROBLEMS).map(
      ({ folder, name, reason = "", camera, startMs }) => ({
        path: join(folder, name),
        problem: reason,
        camera,
        startMs,
      }),
    );
    const others = [...this.unreachable, ...this.#problems].map(([path, problem]) => ({ path, problem }));
    const watching = this.#watches.problem;
    const overlapping = this.overlaps().map(({ camera, startMs, endMs, recordings: [first, second] }) => ({
      path: second,
      problem: `overlaps ${first} by ${((endMs - startMs) / 1000).toFixed(1)} s: clips show the one that started later`,
      other: first,
      ...{ camera, startMs },
    }));
    return [
      ...damaged,
      ...overlapping,
      ...others,
      ...(watching === undefined ? [] : [{ path: "", problem: watching }]),
    ];
  }

  /** Recordings that claim the same time, the latest first; as it was within the last half minute. */
  overlaps(): readonly CameraOverlap[] {
    const nowMs = performance.now();
    if (!this.#overlaps || nowMs - this.#overlaps.atMs > OVERLAPS_MS) {
      const { file, rules } = this.#options;
      this.#overlaps = { atMs: nowMs, found: recordingOverlaps(file.read, rules.JOIN_TOLERANCE_MS) };
    }
    return this.#overlaps.found;
  }

  /** One after the other, so that two scans never tell the same change twice. */
  #later(work: () => Promise<void>): Promise<void> {
    this.#scanning = this.#scanning
      .then(() => (this.#stopped ? undefined : work()))
      .catch((error: unknown) => this.#options.onError?.(error));
    return this.#scanning;
  }

  async #scanRoot(folder: string): Promise<void> {
    const problem = await this.#whyUnreachable(folder);
    if (problem !== undefined) {
      // Its recordings are kept: they come back with the disk.
      this.unreachable.set(folder, problem);
      return;
    }
    this.unreachable.delete(folder);
    const visited = new Set<string>();
    const pending = [folder];
    for (let at = pending.pop(); at !== undefined && !this.#stopped; at = pending.pop()) {
      visited.add(at);
      pending.push(...(await this.#scanOne(at)));
    }
    if (!this.#stopped) await this.#forgetOthers(folder, visited);
  }

  /** A folder that a disk is mounted on is there, and empty, without the disk. */
  async #whyUnreachable(folder: string): Promise<string | undefined> {
    try {
      if ((await readdir(folder)).length > 0) return undefined;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return code === "ENOENT" ? "there is no such folder: is its disk mounted?" : message;
    }
    this.#watches.add(folder);
    return this.#foldersBelow(folder).length > 0 ? "it is empty, but had recordings: is its disk mounted?" : undefined;
  }

  /** What a watch tells: this folder, and those in it that are new. */
  async #scan(folder: string): Promise<void> {
    const isRoot = this.#options.roots.some((root) => root.folder === folder);
    if (isRoot) return this.#scanRoot(folder);
    const pending = [folder];
    const isNew = (path: string) => !this.#watches.has(path);
    for (let at = pending.pop(); at !== undefined; at = pending.pop())
      pending.push(...(await this.#scanOne(at)).filter(isNew));
  }

  /** @returns folders in it. */
  async #scanOne(folder: string): Promise<string[]> {
    const { file, roots, rules } = this.#options;
    // Watched before it is read: what comes in between is told.
    this.#watches.add(folder);
    try {
      const scan = await scanFolder(folder, {
        file,
        roots,
        nowMs: this.#now(),
        rules,
      });
      for (const [path, problem] of scan.problems)
        if (this.#problems.size < MAX_PROBLEMS) this.#problems.set(path, problem);
      for (const { camera, startMs } of scan.touched) this.#spans.forget(camera, startMs);
      if (scan.touched.length > 0) this.#examiner.wake();
      return scan.folders;
    } catch (error) {
      this.#watches.remove(folder);
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ENOTDIR") this.#problems.set(folder, message);
      return [];
    }
  }

  /** Folders with recordings in them, as far as is known. */
  #foldersBelow(root: string): string[] {
    const rows = this.#options.file.read.rows("SELECT DISTINCT folder FROM recordings WHERE state <> 'vanished'");
    return rows.map(({ folder }) => String(folder)).filter((folder) => isIn(folder, root));
  }

  /** The innermost of the configuration's folders around one. */
  #rootOf(folder: string): string | undefined {
    const around = this.#options.roots.map((root) => root.folder).filter((root) => isIn(folder, root));
    return around.sort((a, b) => b.length - a.length)[0];
  }

  /** Folders that are gone take their recordings along. */
  async #forgetOthers(root: string, visited: ReadonlySet<string>): Promise<void> {
    const { file } = this.#options;
    // What another root inside of this one shows is that one's to say.
    const gone = this.#foldersBelow(root).filter((folder) => !visited.has(folder) && this.#rootOf(folder) === root);
    const nowMs = this.#now();
    await writeRows(file, (transaction) => {
      for (const folder of gone)
        transaction.run("UPDATE recordings SET state = 'vanished', written_ms = ? WHERE folder = ?", nowMs, folder);
      transaction.run("DELETE FROM recordings WHERE state = 'vanished' AND written_ms < ?", nowMs - VANISHED_KEPT_MS);
    });
    if (gone.length > 0) this.#spans.clear();
    for (const folder of gone) this.#watches.remove(folder);
  }
}

const isIn = (folder: string, root: string): boolean => folder === root || folder.startsWith(join(root, sep));

/** So long it is told that a recording was there: recorders delete old footage every day. */
const VANISHED_KEPT_MS = 7 * LONGEST_MS;

/** Names nothing but the row: a name that holds a time would win over the list, which knows zones and clocks. */
const keyOf = ({ id, name }: RecordingRow): string => `${name}@${id}`;

function endOf(row: RecordingRow, rows: readonly RecordingRow[]): number {
  if (row.sure) return row.endMs;
  const next = rows.find(({ startMs }) => startMs > row.startMs);
  return Math.min(row.endMs, next?.startMs ?? row.endMs);
}

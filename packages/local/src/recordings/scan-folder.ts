import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { claimsOf, insideOf, type RecordingsRoot } from "@camclips/recordings";
import type { StateFile } from "../sqlite/state-file.ts";
import { type ExamineRules, SETTLED_MS } from "./examine.ts";
import { locatedIn } from "./located.ts";
import { putSeen, type RecordingRow, rowsOfFolder, type Seen, writeRows } from "./rows.ts";

export interface FolderScan {
  /** Folders in it. */
  folders: string[];
  /** Recordings that appeared, changed or vanished. */
  touched: Pick<RecordingRow, "camera" | "startMs">[];
  /** Files that are nobody's, and why. */
  problems: Map<string, string>;
}

export interface ScanOptions {
  file: StateFile;
  roots: readonly RecordingsRoot[];
  nowMs: number;
  rules: ExamineRules;
}

/** Brings the table up to one folder's listing. @throws what reading the folder says. */
export async function scanFolder(folder: string, { file, roots, nowMs, rules }: ScanOptions): Promise<FolderScan> {
  const entries = await readdir(folder, { withFileTypes: true });
  const known = new Map(rowsOfFolder(file.read, folder).map((row) => [row.name, row]));
  const scan: FolderScan = { folders: [], touched: [], problems: new Map() };
  const seen: Seen[] = [];
  const there = new Set<string>();
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && isWanted(path, roots)) scan.folders.push(path);
    const row = known.get(entry.name);
    const found = await locate(entry, path, { roots, rules, isKnown: row !== undefined });
    if (!found) continue;
    if (found.problem) scan.problems.set(path, found.problem);
    if (found.camera === undefined) continue;
    there.add(entry.name);
    const { camera, startMs, bytes, writtenMs } = found;
    if (row && isSame(row, found)) continue;
    if (row) scan.touched.push(row);
    const state = nowMs - writtenMs < SETTLED_MS ? "growing" : "new";
    // How far one has come that grows shows when it was written last.
    const reachesMs = state === "growing" ? Math.max(startMs + 1, writtenMs) : Number.POSITIVE_INFINITY;
    // As long counts one of which nothing is known yet.
    const endMs = Math.min(startMs + rules.RECORDING_MAX_LEN * 1000, reachesMs);
    seen.push({ folder, name: entry.name, camera, startMs, endMs, bytes, writtenMs, state });
  }
  const vanished = [...known.values()].filter(({ name, state }) => state !== "vanished" && !there.has(name));
  scan.touched.push(...seen, ...vanished);
  if (scan.touched.length > 0)
    await writeRows(file, (transaction) => {
      for (const each of seen) putSeen(transaction, each);
      for (const { id } of vanished)
        transaction.run("UPDATE recordings SET state = 'vanished', written_ms = ? WHERE id = ?", nowMs, id);
    });
  return scan;
}

interface FoundFile {
  camera?: string;
  startMs: number;
  bytes: number;
  writtenMs: number;
  problem?: string;
}

async function locate(
  entry: Dirent,
  path: string,
  { roots, rules, isKnown }: Pick<ScanOptions, "roots" | "rules"> & { isKnown: boolean },
): Promise<FoundFile | undefined> {
  if (!entry.isFile() && !entry.isSymbolicLink()) return undefined;
  // Most names are no recordings' at all, or fit without a look at the file.
  if (!isKnown && claimsOf(roots, path).length === 0) return undefined;
  const file = await stat(path).catch(() => undefined);
  if (!file?.isFile()) return undefined;
  const writtenMs = Math.round(file.mtimeMs);
  const claimed = await locatedIn(roots, path, writtenMs, rules);
  const base = { startMs: 0, bytes: file.size, writtenMs };
  const owners = claimed.flatMap((claim) => ("camera" in claim ? [claim] : []));
  const [owner] = owners;
  if (!owner) {
    const [refused] = claimed;
    return { ...base, ...(refused && "problem" in refused && { problem: refused.problem }) };
  }
  const others = new Set(owners.map(({ camera }) => camera).filter((camera) => camera !== owner.camera));
  const problem =
    others.size > 0 ? { problem: `it fits ${[...others].join(", ")} as well; it counts as ${owner.camera}'s` } : {};
  return { ...base, ...owner, ...problem };
}

const isWanted = (path: string, roots: readonly RecordingsRoot[]): boolean =>
  roots.some((root) => {
    const inside = insideOf(root, path);
    return inside !== undefined && !root.ignores(inside);
  });

function isSame(row: RecordingRow, { camera, startMs, bytes, writtenMs }: FoundFile): boolean {
  return (
    row.state !== "vanished" &&
    row.camera === camera &&
    row.startMs === startMs &&
    // While it grows, looking into it keeps these.
    (row.state === "growing" || (row.bytes === bytes && row.writtenMs === writtenMs))
  );
}

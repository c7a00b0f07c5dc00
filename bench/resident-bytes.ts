import { readFileSync } from "node:fs";

const PAGE_BYTES = 4096;

/** Resident memory of a process and all its children, bytes; 0 when it has ended. */
export function residentBytes(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
    return pages * PAGE_BYTES + children.reduce((bytes, child) => bytes + residentBytes(child), 0);
  } catch {
    return 0;
  }
}

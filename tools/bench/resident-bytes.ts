import { readdirSync, readFileSync } from "node:fs";

const PAGE_BYTES = 4096;

/** Resident memory of a process and all its children, bytes; 0 when it has ended. */
export function residentBytes(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) => childrenOf(pid, thread));
    return pages * PAGE_BYTES + children.reduce((bytes, child) => bytes + residentBytes(child), 0);
  } catch {
    return 0;
  }
}

/** A child belongs to the thread that started it. */
function childrenOf(pid: number, thread: string): number[] {
  const list = readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8");
  return list.split(" ").filter(Boolean).map(Number);
}

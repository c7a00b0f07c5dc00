import { type FSWatcher, watch } from "node:fs";

/** Folders change in bursts: a recorder closes one file and opens the next. */
const BURST_MS = 200;

/**
 * Watches folders, one watch each and none for files, because a week of recordings is tens of thousands of files
 * (docs/decisions/0032-recordings-index.md). What watches miss (network drives, more folders than the system allows) is found
 * by looking through all of them now and then.
 */
export class FolderWatches {
  readonly #watches = new Map<string, FSWatcher>();
  readonly #changed = new Map<string, NodeJS.Timeout>();
  readonly #onChange: (folder: string) => void;
  #problem: string | undefined;

  constructor(onChange: (folder: string) => void) {
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#watches.size;
  }

  /** Why not every folder is watched. */
  get problem(): string | undefined {
    return this.#problem;
  }

  has(folder: string): boolean {
    return this.#watches.has(folder);
  }

  add(folder: string): void {
    if (this.#watches.has(folder)) return;
    try {
      const watching = watch(folder, { persistent: false }, () => this.#tell(folder));
      watching.on("error", () => this.remove(folder));
      this.#watches.set(folder, watching);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") return;
      this.#problem =
        code === "ENOSPC"
          ? "the system allows no more watches (fs.inotify.max_user_watches): new footage is seen when folders are looked through"
          : message;
    }
  }

  remove(folder: string): void {
    this.#watches.get(folder)?.close();
    this.#watches.delete(folder);
  }

  close(): void {
    for (const timer of this.#changed.values()) clearTimeout(timer);
    this.#changed.clear();
    for (const folder of [...this.#watches.keys()]) this.remove(folder);
  }

  #tell(folder: string): void {
    if (this.#changed.has(folder)) return;
    const timer = setTimeout(() => {
      this.#changed.delete(folder);
      this.#onChange(folder);
    }, BURST_MS);
    this.#changed.set(folder, timer);
  }
}

import { VIDEO } from "../video.ts";
import { createPattern, type Pattern } from "./pattern.ts";
import { type Layout, layouts } from "./presets.ts";
import { instantOf, type StartHints } from "./wall-clock.ts";

/** How one folder's recordings are named. */
export interface RecordingsLayout {
  /** @param path relative to the folder, with `/`. @param hints where clocks were set back. */
  read(path: string, zone: string, hints?: StartHints): ReadName | undefined;
}

interface ReadName {
  /** The end of the path that the layout is of. */
  name: string;
  camera: string | undefined;
  startMs: number;
}

/** @param name a preset's, or a pattern. @throws TypeError for what is neither. */
export function createLayout(name: string): RecordingsLayout {
  const preset = presetNamed(name);
  if (!preset && !/[%{]/.test(name))
    throw new TypeError(
      `there is no layout "${name}"; there are ${Object.keys(layouts).join(", ")}, or a pattern of yours`,
    );
  const patterns = (preset?.patterns ?? [name]).map(createPattern);
  return {
    read(path, zone, hints) {
      if (!VIDEO.test(path)) return undefined;
      return firstOf(patterns, (pattern) => {
        const named = pattern.read(path);
        const startMs = named && instantOf(named.time, preset?.utc ? "UTC" : zone, hints);
        return named && startMs !== undefined ? { name: named.name, camera: named.camera, startMs } : undefined;
      });
    },
  };
}

/** What is wrong with a layout, for people; undefined when it can be read. */
export function layoutProblem(name: string): string | undefined {
  try {
    createLayout(name);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Whether the names of a layout tell cameras apart. */
export function namesCameras(name: string): boolean {
  return (presetNamed(name)?.patterns ?? [name]).every((text) => createPattern(text).namesCamera);
}

function presetNamed(name: string): Layout | undefined {
  return Object.hasOwn(layouts, name) ? layouts[name as keyof typeof layouts] : undefined;
}

function firstOf<T>(patterns: readonly Pattern[], read: (pattern: Pattern) => T | undefined): T | undefined {
  for (const pattern of patterns) {
    const found = read(pattern);
    if (found !== undefined) return found;
  }
  return undefined;
}

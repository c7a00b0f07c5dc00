import { relative, sep } from "node:path";
import { matchesGlob } from "node:path/posix";
import { id } from "@camclips/events";
import type { Config, RootConfig } from "./config/schema.ts";
import { createLayout } from "./layout/recordings-layout.ts";
import type { StartHints } from "./layout/wall-clock.ts";
import { VIDEO } from "./video.ts";

/** What the configuration says about one file: whose it is and when it starts, or why it is nobody's. */
export type Located = { camera: string; startMs: number } | { problem: string } | undefined;

/** A folder of recordings with everything that the configuration says about it. */
export interface RecordingsRoot {
  readonly folder: string;
  /** Whether a file or folder is to be left out. */
  ignores(path: string): boolean;
  /** @param path relative to the folder, with `/`. @returns undefined for what is no video, or is left out. */
  locate(path: string, hints?: StartHints): Located;
}

/** What each of the folders says about a file: the first camera counts. */
export const claimsOf = (roots: readonly RecordingsRoot[], path: string, hints?: StartHints): NonNullable<Located>[] =>
  roots.flatMap((root) => {
    const inside = insideOf(root, path);
    return (inside === undefined ? undefined : root.locate(inside, hints)) ?? [];
  });

/** The path in a root's own terms; undefined for one that is not below it. */
export function insideOf({ folder }: RecordingsRoot, path: string): string | undefined {
  const inside = relative(folder, path);
  return inside === "" || inside.startsWith("..") ? undefined : inside.split(sep).join("/");
}

/** Folders of several cameras, and those of single ones. */
export function rootsOf(config: Config): RecordingsRoot[] {
  const owners = new Map<string, string>();
  for (const [camera, { recordedAs = [camera] }] of Object.entries(config.cameras))
    for (const name of recordedAs) owners.set(name.normalize(), camera);

  const shared = config.recordings.map((root) =>
    createRoot(root, (named) => {
      const owner = owners.get(named.normalize()) ?? (config.onlyListed ? undefined : named);
      return owner === undefined ? undefined : [owner, config.cameras[owner]];
    }),
  );
  const own = Object.entries(config.cameras).flatMap(([camera, options]) =>
    (options.folders ?? []).map((root) => createRoot(root, () => [camera, options])),
  );
  return [...shared, ...own];
}

type Owner = [camera: string, options: Config["cameras"][string] | undefined];

function createRoot(root: RootConfig, ownerOf: (named: string) => Owner | undefined): RecordingsRoot {
  const layout = createLayout(root.layout);
  const ignores = (path: string) => isHidden(path) || root.ignore.some((glob) => matchesGlob(path, glob));
  return {
    folder: root.folder,
    ignores,
    locate(path, hints) {
      if (!VIDEO.test(path) || ignores(path)) return undefined;
      const named = layout.read(path, root.zone, hints);
      if (!named) return { problem: `its name does not fit the layout ${root.layout}` };
      const owner = ownerOf(named.camera ?? "");
      if (!owner) return { problem: `it is of camera ${named.camera}, which is not listed` };
      const [camera, options] = owner;
      if (!id.safeParse(camera).success) return { problem: `"${camera}" cannot be the id of a camera` };
      // A camera's own zone needs its name first.
      const zoned = options?.zone ? layout.read(path, options.zone, hints) : named;
      return { camera, startMs: (zoned ?? named).startMs - (options?.clockAheadMs ?? 0) };
    },
  };
}

/** Recorders hide what they have not finished, and systems their own folders. */
export function isHidden(path: string): boolean {
  return path.split("/").some((segment) => segment.startsWith("."));
}

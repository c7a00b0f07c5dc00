import { VIDEO } from "../video.ts";
import { type LayoutName, layouts } from "./presets.ts";
import { createLayout } from "./recordings-layout.ts";

export interface Recognised {
  layout: LayoutName;
  cameras: string[];
  /** Paths whose names it does not read. */
  others: string[];
}

/** Which recorder's layout a folder has: the one that reads most of its files; of two, the one that is listed first. */
export function recogniseLayout(paths: readonly string[]): Recognised | undefined {
  const videos = paths.filter((path) => VIDEO.test(path));
  const readings = (Object.keys(layouts) as LayoutName[]).map((layout) => {
    const { read } = createLayout(layout);
    const named = videos.map((path) => ({ path, camera: read(path, "UTC")?.camera }));
    const cameras = new Set(named.flatMap(({ camera }) => camera ?? []));
    return {
      layout,
      cameras: [...cameras].sort(),
      others: named.filter(({ camera }) => camera === undefined).map(({ path }) => path),
    };
  });
  const best = readings.reduce((a, b) => (b.others.length < a.others.length ? b : a));
  return best.cameras.length > 0 ? best : undefined;
}

import {
  box,
  boxesIn,
  HEVC_SETS,
  type HevcConfig,
  hevcSetId,
  hevcSets,
  MalformedBoxError,
  readHevcSps,
  type SampleDescription,
  VISUAL_ENTRY_BYTES,
  writeHevcConfig,
} from "@camclips/mp4";

/** Places in the head of hvcC, ISO/IEC 14496-15, 8.3.3.1: four bytes of compatibility, six of constraints, the level. */
const FLAGS_AT = 2;
const LEVEL_AT = 12;

/** What is no longer true, or not of all samples: bit rates; Dolby Vision, whose metadata encoded frames lack. */
const DROPPED = new Set(["btrt", "dvcC", "dvvC", "dvwC"]);

/**
 * One sample entry that describes samples of all given ones: the first one's with everybody's parameter sets in one hvcC.
 *
 * @throws MalformedBoxError when different parameter sets claim the same id, or the pictures have other bit depths or colours
 */
export function mergedHevcEntry(descriptions: readonly SampleDescription[]): Uint8Array {
  const [first] = descriptions;
  const configs = descriptions.flatMap(({ video }) => video?.hevc ?? []);
  if (!first || configs.length !== descriptions.length) throw new MalformedBoxError("a sample entry has no hvcC");
  const [{ entry, format }, config] = [first, merged(configs)];
  const children = boxesIn(entry.subarray(VISUAL_ENTRY_BYTES)).filter(({ type }) => !DROPPED.has(type));
  const content = children.map(({ type, bytes }) => (type === "hvcC" ? box("hvcC", writeHevcConfig(config)) : bytes));
  return box(format, entry.subarray(8, VISUAL_ENTRY_BYTES), ...content);
}

function merged(configs: HevcConfig[]): HevcConfig {
  const [first] = configs as [HevcConfig];
  const pictures = new Set(configs.flatMap((config) => hevcSets(config, HEVC_SETS.sps)).map(pictureOf));
  if (pictures.size > 1) throw new MalformedBoxError("the encoded frames have other bits per value than the copied");
  const head = Buffer.from(first.head);
  for (let at = FLAGS_AT; at < LEVEL_AT; at++)
    head[at] = configs.reduce((flags, config) => flags & (config.head[at] ?? 0), 255);
  head[LEVEL_AT] = Math.max(...configs.map((config) => config.head[LEVEL_AT] ?? 0));
  const isComplete = first.arrays.every((array) => array.isComplete);
  const sets = Object.values(HEVC_SETS).map((type) => {
    return { type, isComplete, units: unique(configs.flatMap((config) => hevcSets(config, type))) };
  });
  const others = first.arrays.filter(({ type }) => sets.every((set) => set.type !== type));
  return { ...first, head, arrays: [...sets, ...others] };
}

function pictureOf(sps: Uint8Array): string {
  const { chromaFormat, bitDepth } = readHevcSps(sps);
  return `${chromaFormat} ${bitDepth.luma} ${bitDepth.chroma}`;
}

function unique(sets: Uint8Array[]): Uint8Array[] {
  const byId = new Map<number, Uint8Array>();
  for (const set of sets) {
    const known = byId.get(hevcSetId(set));
    if (known && Buffer.compare(known, set) !== 0) {
      throw new MalformedBoxError(`two parameter sets have the id ${hevcSetId(set)}`);
    }
    byId.set(hevcSetId(set), set);
  }
  return [...byId.values()];
}

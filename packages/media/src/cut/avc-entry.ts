import {
  type AvcConfig,
  box,
  boxesIn,
  MalformedBoxError,
  readPpsIds,
  readSps,
  type SampleDescription,
  VISUAL_ENTRY_BYTES,
  writeAvcConfig,
} from "@camclips/mp4";

/** The most sequence parameter sets that an avcC can hold, ISO/IEC 14496-15, 5.3.3.1. */
const MAX_SPS = 31;

/**
 * One sample entry that describes samples of all given ones: the first one's entry with everybody's parameter sets in one
 * avcC. Players handle this better than several sample descriptions.
 *
 * @throws MalformedBoxError when different parameter sets claim the same id
 */
export function mergedAvcEntry(descriptions: readonly SampleDescription[]): Uint8Array {
  const [first] = descriptions;
  const configs = descriptions.flatMap(({ video }) => video?.avc ?? []);
  if (!first || configs.length !== descriptions.length) throw new MalformedBoxError("a sample entry has no avcC");
  return withAvcConfig(first.entry, merged(configs));
}

function merged(configs: AvcConfig[]): AvcConfig {
  const [first] = configs as [AvcConfig];
  const sps = unique(
    configs.flatMap((config) => config.sps),
    (nal) => readSps(nal).id,
  );
  const pps = unique(
    configs.flatMap((config) => config.pps),
    (nal) => readPpsIds(nal).id,
  );
  if (sps.length > MAX_SPS) throw new MalformedBoxError(`${sps.length} sequence parameter sets do not fit in one avcC`);
  return {
    ...first,
    // Constraint flags hold for the merged stream only where all agree; the level has to be enough for all.
    compatibility: configs.reduce((flags, config) => flags & config.compatibility, 255),
    level: Math.max(...configs.map((config) => config.level)),
    sps,
    pps,
  };
}

function unique(sets: Uint8Array[], idOf: (nal: Uint8Array) => number): Uint8Array[] {
  const byId = new Map<number, Uint8Array>();
  for (const set of sets) {
    const known = byId.get(idOf(set));
    if (known && Buffer.compare(known, set) !== 0) {
      throw new MalformedBoxError(`two parameter sets have the id ${idOf(set)}`);
    }
    byId.set(idOf(set), set);
  }
  return [...byId.values()];
}

/** btrt goes, because the bit rates in it are no longer true. */
function withAvcConfig(entry: Uint8Array, config: AvcConfig): Uint8Array {
  const children = boxesIn(entry.subarray(VISUAL_ENTRY_BYTES)).filter(({ type }) => type !== "btrt");
  const content = children.map(({ type, bytes }) => (type === "avcC" ? box("avcC", writeAvcConfig(config)) : bytes));
  return box("avc1", entry.subarray(8, VISUAL_ENTRY_BYTES), ...content);
}

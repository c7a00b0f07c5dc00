import type { SpsInfo } from "@camclips/mp4";

/** MaxMBPS, macroblocks a second, by level_idc: ITU-T H.264, table A-1. */
const MACROBLOCKS_PER_SECOND: readonly [level: number, perSecond: number][] = [
  [10, 1485],
  [11, 3000],
  [12, 6000],
  [13, 11_880],
  [20, 11_880],
  [21, 19_800],
  [22, 20_250],
  [30, 40_500],
  [31, 108_000],
  [32, 216_000],
  [40, 245_760],
  [42, 522_240],
  [50, 589_824],
  [51, 983_040],
  [52, 2_073_600],
];
const MACROBLOCK_BYTES = 384;

/**
 * The most bytes that a picture may take in a stream of this level, wherever it stands (ITU-T H.264, A.3.1, with MinCR of table A-1).
 * @param intervalSeconds from one picture to the next
 */
export function mostEntryBytes(
  { level, codedWidth, codedHeight }: Pick<SpsInfo, "level" | "codedWidth" | "codedHeight">,
  intervalSeconds: number,
): number {
  const [, perSecond] = MACROBLOCKS_PER_SECOND.findLast(([from]) => from <= level) ?? [0, 0];
  const macroblocks = Math.min((codedWidth * codedHeight) / 256, perSecond * intervalSeconds);
  const leastCompression = level >= 31 && level <= 40 ? 4 : 2;
  return Math.floor((MACROBLOCK_BYTES * macroblocks) / leastCompression);
}

import type { Place } from "../frames.ts";
import type { Pieces } from "../pieces.ts";
import { childrenOf, ID, MOST_HEADER_BYTES, numberIn, readHeader, unsigned } from "./ebml.ts";
import type { MatroskaHead } from "./head.ts";

const CLUSTER = Buffer.from("1f43b675", "hex");
const SEARCH_BYTES = 16 * 1024;
/** A cluster says its time first; some put a check sum before it. */
const TIME_WITHIN_BYTES = 32;
/** More than a day of a keyframe a second. */
const MOST_CUES_BYTES = 4 * 1024 ** 2;

/** The first cluster at or behind a position, whatever lies there. */
export async function nextCluster(pieces: Pieces, position: number, head: MatroskaHead): Promise<Place | undefined> {
  for (let at = Math.max(position, head.firstCluster); ; ) {
    const bytes = await pieces.at(at, SEARCH_BYTES);
    const found = bytes.indexOf(CLUSTER);
    if (found < 0) {
      if (bytes.length < SEARCH_BYTES) return undefined;
      at += bytes.length - (CLUSTER.length - 1);
      continue;
    }
    at += found;
    const seconds = clusterSeconds(await pieces.at(at, MOST_HEADER_BYTES + TIME_WITHIN_BYTES), head);
    if (seconds !== undefined) return { at, seconds };
    at += 1;
  }
}

/** Undefined where the four bytes are others' by chance. */
function clusterSeconds(bytes: Buffer, head: MatroskaHead): number | undefined {
  const cluster = readHeader(bytes);
  if (cluster?.id !== ID.cluster) return undefined;
  for (let at = cluster.headerBytes; at < cluster.headerBytes + TIME_WITHIN_BYTES; ) {
    const child = readHeader(bytes, at);
    if (child?.size === undefined || child.size > TIME_WITHIN_BYTES) return undefined;
    at += child.headerBytes;
    if (child.id === ID.timestamp)
      return at + child.size <= bytes.length
        ? unsigned(bytes.subarray(at, at + child.size)) / head.ticksPerSecond
        : undefined;
    at += child.size;
  }
  return undefined;
}

/** Clusters with a keyframe, by the file's index; empty where there is none, or it does not point to clusters. */
export async function readCues(pieces: Pieces, head: MatroskaHead): Promise<Place[]> {
  if (head.cuesAt === undefined) return [];
  const cues = readHeader(await pieces.at(head.cuesAt, MOST_HEADER_BYTES));
  if (cues?.id !== ID.cues || cues.size === undefined || cues.size > MOST_CUES_BYTES) return [];
  const length = cues.headerBytes + cues.size;
  const content = (await pieces.at(head.cuesAt, length)).subarray(cues.headerBytes, length);
  const places = childrenOf(content, ID.cuePoint).flatMap((point): Place[] => {
    const ticks = numberIn(point, ID.cueTime);
    const own = childrenOf(point, ID.cueTrackPositions).find((track) => numberIn(track, ID.cueTrack) === head.video);
    const position = own && numberIn(own, ID.cueClusterPosition);
    if (ticks === undefined || position === undefined) return [];
    return [{ at: head.segmentStart + position, seconds: ticks / head.ticksPerSecond }];
  });
  const middle = places[Math.floor(places.length / 2)];
  const isInOrder = places.every(({ at, seconds }, i) => {
    const before = places[i - 1];
    return !before || (before.at <= at && before.seconds <= seconds);
  });
  if (!middle || !isInOrder) return [];
  const cluster = readHeader(await pieces.at(middle.at, MOST_HEADER_BYTES));
  return cluster?.id === ID.cluster ? places : [];
}

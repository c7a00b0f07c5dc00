import {
  type ByteSource,
  FOREIGN_HEAD_BYTES,
  foreignContainer,
  OutsideMediaError,
  type RecordingTimeline,
  readTimeline as readMp4Timeline,
  type Slice,
  type SliceRange,
  sliceRecording as sliceMp4,
} from "@camclips/mp4";
import { cutRange, lookAround } from "./cut-range.ts";
import { type FrameFile, MOST_LOOKED_THROUGH, NotTakenApartError } from "./frames.ts";
import { openMatroska } from "./matroska/matroska-file.ts";
import { openMpegTs } from "./mpegts/mpegts-file.ts";
import { Pieces } from "./pieces.ts";
import { type FileTimeline, readFileTimeline } from "./timeline.ts";

/** Containers that are cut as they are: the slice is of the same container. */
export type Container = "mpegts" | "matroska";

/** Without a `container`, the slice is an MP4. */
export type RecordingSlice = Slice & { container?: Container };

type Open = (pieces: Pieces, isWhole?: boolean) => Promise<FrameFile>;
interface Known {
  container: Container;
  open: Open;
  /** Its times may begin again within the file. */
  beginsAgain: boolean;
}
const OPEN: Record<string, Known> = {
  "an MPEG transport stream": { container: "mpegts", open: openMpegTs, beginsAgain: true },
  "Matroska or WebM": { container: "matroska", open: openMatroska, beginsAgain: false },
};

/** Claims and clocks are off by less. */
const CLAIM_SECONDS = 1;

/**
 * As sliceRecording of @camclips/mp4, and MPEG-TS and Matroska as well: of these the slice holds whole frames and audio around the
 * range, its times as they were. The timeline's 0 is the first frame, or audio that begins long before it.
 * What is odd in them is copied whole, and `why` says so.
 *
 * @param claimedSeconds how long the recording is, as others say: where a transport stream's own times agree with none of them, its
 * clock may begin again, and it is looked through
 */
export async function sliceRecording(
  source: ByteSource,
  name: string,
  range: SliceRange,
  signal?: AbortSignal,
  claimedSeconds: readonly number[] = [],
): Promise<RecordingSlice> {
  const slice = await sliceMp4(source, name, range, signal);
  if (slice.method === "sliced") return slice;
  const opened = await openForeign(source, claimedSeconds, signal);
  if (!opened) return slice;
  if ("why" in opened) return { ...slice, why: `${slice.why}, and ${opened.why}` };
  const { file, timeline, container, doubt } = opened;
  const { originSeconds, first } = timeline;
  const { media, starts } = told(timeline);
  if (range.toSeconds <= media.startSeconds || range.fromSeconds >= media.endSeconds)
    throw new OutsideMediaError(name, media, starts);
  try {
    const places = await lookAround(file, timeline.last);
    const { start, end } = await cutRange(
      file,
      { places, first },
      { fromSeconds: range.fromSeconds + originSeconds, toSeconds: range.toSeconds + originSeconds },
    );
    return {
      method: "sliced",
      container,
      zeroSeconds: file.zeroSeconds - originSeconds,
      ...(doubt && { why: doubt }),
      media,
      starts,
      bytes: file.prefix.length + end - start,
      async *chunks(chunkSignal) {
        yield file.prefix;
        yield* file.part(source.stream(start, end, chunkSignal), start);
      },
    };
  } catch (error) {
    if (error instanceof NotTakenApartError) return { ...slice, why: `${slice.why}, and ${error.message}` };
    throw error;
  }
}

/** As readTimeline of @camclips/mp4, and of MPEG-TS and Matroska as well. */
export async function readTimeline(
  source: ByteSource,
  name: string,
  signal?: AbortSignal,
  claimedSeconds: readonly number[] = [],
): Promise<RecordingTimeline | undefined> {
  const timeline = await readMp4Timeline(source, name, signal);
  if (timeline) return timeline;
  const opened = await openForeign(source, claimedSeconds, signal);
  return opened && "timeline" in opened ? told(opened.timeline) : undefined;
}

interface Opened {
  file: FrameFile;
  timeline: FileTimeline;
  container: Container;
  /** Why its times may not be right. */
  doubt?: string;
}

async function openForeign(
  source: ByteSource,
  claimedSeconds: readonly number[],
  signal?: AbortSignal,
): Promise<Opened | { why: string } | undefined> {
  const pieces = new Pieces(source, signal);
  const kind = foreignContainer(await pieces.at(0, FOREIGN_HEAD_BYTES));
  const known = kind && OPEN[kind.name];
  if (!known) return undefined;
  const first = await openAs(known, pieces, false);
  if ("timeline" in first) first.timeline = settled(first.timeline, claimedSeconds);
  const isDoubted = known.beginsAgain && "timeline" in first && contradicts(first.timeline, claimedSeconds);
  if (!isDoubted) return first;
  if (source.size <= MOST_LOOKED_THROUGH) return openAs(known, pieces, true);
  const doubt = `its clock may begin again within it, and it has more than ${MOST_LOOKED_THROUGH / 1024 ** 2} MB: it was not looked through`;
  return { ...first, doubt };
}

async function openAs({ container, open }: Known, pieces: Pieces, isWhole: boolean): Promise<Opened | { why: string }> {
  try {
    const file = await open(pieces, isWhole);
    return { file, timeline: await readFileTimeline(file), container };
  } catch (error) {
    if (error instanceof NotTakenApartError) return { why: error.message };
    throw error;
  }
}

function contradicts({ endSeconds, originSeconds }: FileTimeline, claimedSeconds: readonly number[]): boolean {
  const agrees = (claimed: number) => Math.abs(endSeconds - originSeconds - claimed) <= CLAIM_SECONDS;
  return claimedSeconds.length > 0 && !claimedSeconds.some(agrees);
}

/** A last frame that comes alone, long after the others, is told wrongly when the file ends without it where others say. */
function settled(timeline: FileTimeline, claimedSeconds: readonly number[]): FileTimeline {
  const { earlierEndSeconds } = timeline;
  if (earlierEndSeconds === undefined || !contradicts(timeline, claimedSeconds)) return timeline;
  const earlier = { ...timeline, endSeconds: earlierEndSeconds };
  return contradicts(earlier, claimedSeconds) ? timeline : earlier;
}

function told({ first, endSeconds, originSeconds }: FileTimeline) {
  const videoSeconds = first.seconds - originSeconds;
  return {
    starts: { videoSeconds, firstSeconds: 0 },
    media: { startSeconds: videoSeconds, endSeconds: endSeconds - originSeconds },
  };
}

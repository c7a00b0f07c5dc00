import {
  firstTrack,
  MalformedBoxError,
  type MuxSample,
  type MuxTrack,
  onlyDescription,
  presentationSeconds,
  type SampleDescription,
  samplesOf,
  type Track,
} from "@camclips/mp4";
import { mergedAvcEntry } from "./avc-entry.ts";
import type { ChangedSamples } from "./changed-samples.ts";
import { type CutPlan, type CutSource, copiedSamples, type EncodeSegment } from "./cut-plan.ts";

/** A sample in decode order and where it stands in the clip. */
interface Placed {
  sample: MuxSample;
  ticks: number;
}

/** Finer than a tenth of a millisecond, so that wall-clock distances are not rounded away. */
const LEAST_TIMESCALE = 10_000;

/**
 * The clip's video track: copied samples and encoded ones, each at its planned instant.
 *
 * @param encoded the encoded files, in the order of the plan's encode segments
 * @param changed copied samples that go into the clip otherwise than they are stored
 * @throws MalformedBoxError when an encoded file does not hold exactly the planned frames
 */
export async function placeVideo(
  plan: CutPlan,
  sources: readonly CutSource[],
  encoded: readonly CutSource[],
  changed: ChangedSamples,
): Promise<MuxTrack> {
  const copies = plan.segments.filter((segment) => segment.kind === "copy");
  const main = videoOf(sources[copies[0]?.source ?? -1]);
  const timescale = commonTimescale(copies.map(({ source }) => videoOf(sources[source])));
  const toTicks = (seconds: number) => Math.round(seconds * timescale);
  const parts = [...encoded];
  const placed = plan.segments.flatMap((segment) => {
    if (segment.kind === "encode") return placeEncoded(segment, parts.shift(), toTicks);
    const source = sources[segment.source];
    const track = videoOf(source);
    // The offset is rounded once, so that frames keep their distances to the unit.
    const offset = toTicks(segment.offsetSeconds);
    return copiedSamples(segment).flatMap((index) => {
      const own = changed.get(segment)?.get(index);
      const [sample] = source ? samplesOf(track, source.bytes, index, index) : [];
      const ticks = toTicks(presentationSeconds(track, index)) + offset;
      if (!sample) return [];
      return [{ sample: { ...sample, ...own }, ticks }];
    });
  });
  const end = toTicks(plan.durationSeconds);
  const delay = setTimes(placed, end);
  const entries = [main, ...encoded.map(videoOf)].map(descriptionOf);
  return {
    ...main,
    timescale,
    descriptions: [plan.encoder.codec === "hevc" ? await mergedHevc(entries) : mergedAvcEntry(entries)],
    samples: placed.map(({ sample }) => ({ ...sample, description: 0 })),
    edit: { shift: -delay, from: 0, to: end },
  };
}

async function mergedHevc(entries: readonly SampleDescription[]): Promise<Uint8Array> {
  const { mergedHevcEntry } = await import("./hevc-entry.ts");
  return mergedHevcEntry(entries);
}

function videoOf(source: CutSource | undefined): Track {
  const track = source && firstTrack(source.movie, "vide");
  if (!track) throw new MalformedBoxError(`${source?.path ?? "a part"} holds no video`);
  return track;
}

function descriptionOf(track: Track) {
  const description = onlyDescription(track);
  if (!description) throw new MalformedBoxError("a part has several sample descriptions");
  return description;
}

/** The copied tracks' own timescale where they share one: then no time is rounded. */
function commonTimescale(tracks: Track[]): number {
  const scales = new Set(tracks.map(({ timescale }) => timescale));
  const [scale = 90_000] = scales;
  if (scales.size > 1) return 90_000;
  return scale * Math.ceil(LEAST_TIMESCALE / scale);
}

/** Encoded without B-frames, so decode order is presentation order, and the plan says when each frame is shown. */
function placeEncoded(
  segment: EncodeSegment,
  part: CutSource | undefined,
  toTicks: (seconds: number) => number,
): Placed[] {
  const track = videoOf(part);
  const wanted = segment.frameSeconds.length;
  if (track.samples.count !== wanted) {
    throw new MalformedBoxError(`${part?.path} holds ${track.samples.count} frames, planned were ${wanted}`);
  }
  const samples = part ? samplesOf(track, part.bytes, 0, wanted - 1) : [];
  const offset = toTicks(segment.offsetSeconds);
  return samples.map((sample, i) => ({ sample, ticks: toTicks(segment.frameSeconds[i] ?? 0) + offset }));
}

/**
 * Gives every sample a decode time: the presentation times in ascending order, moved back by as much as the most reordered
 * frame needs. That rises strictly whatever the sources' decode times were.
 *
 * @returns how far presentation lies behind decoding, units of the timescale
 */
export function setTimes(placed: Placed[], end: number): number {
  const ascending = Float64Array.from(placed, ({ ticks }) => ticks).sort();
  const delay = placed.reduce((most, { ticks }, i) => Math.max(most, (ascending[i] ?? 0) - ticks), 0);
  const origin = ascending[0] ?? 0;
  for (const [i, { sample, ticks }] of placed.entries()) {
    const start = ascending[i] ?? 0;
    sample.dts = start - origin;
    sample.compositionOffset = ticks - start + delay;
    // The last one in decode order need not be shown last: the track lasts until the clip's end all the same.
    const untilEnd = Math.max(end - ticks, sample.duration);
    sample.duration = Math.max(1, i + 1 < placed.length ? (ascending[i + 1] ?? 0) - start : untilEnd);
  }
  return delay - origin;
}

import { firstTrack, type MuxTrack, usualDuration } from "@camclips/mp4";
import type { MediaProbe } from "../probe/probe.ts";
import { heardParts } from "../timeline/audio.ts";
import { clipAudio } from "../timeline/audio-chains.ts";
import type { Timeline } from "../timeline/timeline.ts";
import type { CutPlan, CutSource } from "./cut-plan.ts";

/** Packets may be this far from following each other: rounding to a time scale. */
const ROUNDING_SECONDS = 0.001;
/** Audio may start or end so much inside the clip: less than a packet. */
const EDGE_SECONDS = 0.02;
/** At a join, a file's edit list hides what was recorded before its first frame: the packets are there all the same. */
const HIDDEN_SECONDS = 0.5;

/** At a join, an earlier recording's audio fades out over its last packets: of usual rates they last half as long. */
const LONGEST_FADE_SECONDS = 0.035;

/** Whether packets over joins are short enough to be kept in a clip of which nothing is encoded. */
export function fadesSoon({ samples, timescale }: MuxTrack, { parts }: Pick<CutPlan, "parts">): boolean {
  const usual = usualDuration(samples.map(({ duration }) => duration));
  return usual / timescale <= LONGEST_FADE_SECONDS || !parts.some(({ joinsNext }) => joinsNext);
}

interface Cut {
  sources: readonly CutSource[];
  probes: readonly MediaProbe[];
  timeline: Timeline;
}

/**
 * Whether a smart clip can hold the recordings' packets of audio, so that it sounds as if they had been encoded again, at the
 * same instants: AAC of the clip's own format, which is heard from the clip's start to its end, and of which every packet
 * begins where the one before ends. Others are encoded, because that puts every sample at its instant.
 *
 * @param track what would be copied: see copiedAudio
 */
export function keepsAudio(track: MuxTrack, cut: Cut): boolean {
  return isPlayedAsIs(cut) && isHeardThroughout(cut) && isSteady(track);
}

function isPlayedAsIs({ sources, probes, timeline }: Cut): boolean {
  const format = clipAudio({ timeline, probes });
  const channels = format?.layout === "mono" ? 1 : 2;
  return timeline.pieces.every(({ source }) => {
    const audio = probes[source]?.audio;
    const movie = sources[source]?.movie;
    const isAac = movie && firstTrack(movie, "soun")?.descriptions.every((own) => own.audio?.isAacLc);
    return isAac && audio?.sampleRate === format?.sampleRate && audio?.channels === channels && !audio.jitterSeconds;
  });
}

function isHeardThroughout({ timeline, probes }: Cut): boolean {
  const joins = timeline.pieces
    .filter(({ joinsNext }) => joinsNext)
    .map((piece) => piece.outSeconds + piece.slotSeconds);
  let heardSeconds = 0;
  for (const { outSeconds, seconds } of heardParts(timeline, probes)) {
    const isJoin = joins.some((join) => join >= heardSeconds - EDGE_SECONDS && join <= outSeconds + EDGE_SECONDS);
    if (outSeconds > heardSeconds + (isJoin ? HIDDEN_SECONDS : EDGE_SECONDS)) return false;
    heardSeconds = outSeconds + seconds;
  }
  return heardSeconds >= timeline.durationSeconds - EDGE_SECONDS;
}

/** A packet that lasts longer than the others stands before one that was lost: decoders go on at once. */
function isSteady({ samples, timescale }: MuxTrack): boolean {
  const most = Math.max(1, ROUNDING_SECONDS * timescale);
  const [first] = samples;
  return samples.every(({ dts, duration }, i) => {
    const next = samples[i + 1]?.dts ?? dts + duration;
    return Math.abs(next - dts - duration) <= most && Math.abs(duration - (first?.duration ?? 0)) <= most;
  });
}

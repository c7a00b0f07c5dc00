import { FRAME_TOLERANCE_SECONDS } from "@camclips/mp4";
import type { ClockLayout } from "../clock/burned/layout.ts";
import { overlayChains } from "../clock/burned/overlay.ts";
import { TIMESCALE } from "../ffmpeg/settings.ts";
import { type Cut, cutOut, number, seconds } from "../ffmpeg/time-filters.ts";
import { fitFilters, type Picture, uniform } from "../probe/picture.ts";
import type { MediaProbe } from "../probe/probe.ts";
import { type AudioFormat, audioChains } from "../timeline/audio-chains.ts";
import type { Piece, Timeline } from "../timeline/timeline.ts";
import { listChains, lookChain } from "../verify/looks.ts";

/**
 * The filter graph of a clip: input i is the file of piece i, the one behind them the clock's. Ends in `[video]` and, with
 * audio, `[audio]`. Frames are put together with `interleave`, which keeps the times that each has been given; `concat` would guess them.
 */
export function filterGraph(
  timeline: Timeline,
  probes: readonly MediaProbe[],
  picture: Picture,
  audio: AudioFormat | undefined,
  clock?: ClockLayout,
): string {
  const { pieces, leadFrames } = timeline;
  const chains = pieces.flatMap((piece, index) => {
    const probe = probes[piece.source];
    return probe === undefined ? [] : videoChains(timeline, piece, index, fitFilters(probe.video, picture));
  });
  const inputs = pieces.map((_, index) => `[v${index}]`);
  if (leadFrames > 0) {
    chains.unshift(`${blackChain(timeline, picture)}[lead]`);
    inputs.unshift("[lead]");
  }
  const join = inputs.length > 1 ? `interleave=nb_inputs=${inputs.length},settb=1/${TIMESCALE}` : "null";
  chains.push(`${inputs.join("")}${join}${clock ? "[plain]" : "[video]"}`);
  if (clock) chains.push(...overlayChains(clock, "[plain]", `[${pieces.length}:V:0]`, "[video]"));
  chains.push(...listChains(pieces.length));
  if (audio !== undefined) chains.push(...audioChains(timeline, probes, audio));
  return chains.join(";");
}

/** Decoders may give two frames of damaged data the same time; recordings have two on one tick of the clip, too. */
const IN_ORDER = "select='isnan(prev_selected_pts)+gt(pts,prev_selected_pts)'";

function videoChains(timeline: Timeline, piece: Piece, index: number, fit: string[]): string[] {
  const { cuts, outSeconds } = piece;
  const { intervalSeconds } = timeline;
  const stretch = { index, cut: cuts, intervalSeconds, shiftSeconds: outSeconds - cuts.firstSeconds, fit };
  return [
    lookChain(stretch, `[${index}:V:0]`, `[all${index}]`),
    `${[`[all${index}]${cutOut(cuts)}`, IN_ORDER, ...without(piece.lost), ...placed(timeline, piece)].join(",")}[v${index}]`,
  ];
}

function without(lost: readonly Cut[] = []): string[] {
  const within = lost.map(({ inSeconds, outSeconds }) => `between(t,${seconds(inSeconds)},${seconds(outSeconds)})`);
  return within.length === 0 ? [] : [`select='not(${within.join("+")})'`];
}

/** Every frame keeps its own time. What tpad adds after the last frame gets the clip's rhythm, whatever rate it assumes. */
function placed({ intervalSeconds }: Timeline, piece: Piece): string[] {
  const shift = piece.outSeconds - piece.cuts.firstSeconds;
  const own = `PTS+${number(shift)}/TB`;
  if (piece.fill.frames === 0) return [`setpts='round(${own})'`];
  // After B-frames, the first added frame can have the time of the last own one: so that one is remembered.
  const isAdded = `ld(1)+gte(T,${seconds(piece.cuts.lastSeconds + FRAME_TOLERANCE_SECONDS)})`;
  const remember = `0*st(1,gte(T,${seconds(piece.cuts.lastSeconds - FRAME_TOLERANCE_SECONDS)}))`;
  const filled = `(${number(piece.fill.outSeconds - intervalSeconds)}+st(0,ld(0)+1)*${number(intervalSeconds)})/TB`;
  return [fill(piece), `setpts='round(if(${isAdded},${filled},${own}+${remember}))'`];
}

function fill({ fill: { frames, kind } }: Piece): string {
  return `tpad=stop=${frames}:stop_mode=${kind === "black" ? "add" : "clone"}`;
}

function blackChain({ leadFrames, intervalSeconds }: Timeline, picture: Picture): string {
  return [
    `color=color=black:size=${picture.width}x${picture.height}:rate=${number(1 / intervalSeconds)}`,
    `trim=end_frame=${leadFrames}`,
    ...uniform(picture),
    `settb=1/${TIMESCALE}`,
    `setpts='round(N*${number(intervalSeconds)}/TB)'`,
  ].join(",");
}

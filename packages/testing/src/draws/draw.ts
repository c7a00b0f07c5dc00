import type { Codec, GapPolicy, Precision } from "@camclips/events";
import type { RecordingOptions } from "@camclips/media/synthetic";

/** Containers and what is muxed into them; MP4 in the shapes of makeRecording. */
const CONTAINERS = {
  "moov-first": "mp4",
  "moov-last": "mp4",
  fragmented: "mp4",
  "fragmented-sidx": "mp4",
  "fragmented-bare": "mp4",
  mov: "mov",
  ts: "ts",
  "ts-even": "ts",
  "ts-from-0": "ts",
  m2ts: "m2ts",
  mkv: "mkv",
  "mkv-live": "mkv",
  "mkv-short": "mkv",
  avi: "avi",
} as const;
type Container = keyof typeof CONTAINERS;

const AUDIO = {
  mp4: ["aac", "none", "mp3", "ac3", "opus"],
  mov: ["aac", "none", "pcm_alaw", "pcm_s16le", "pcm_s24le"],
  ts: ["aac", "none", "ac3", "mp2"],
  m2ts: ["aac", "none", "ac3", "mp2"],
  mkv: ["aac", "none", "opus", "pcm_mulaw", "flac"],
  avi: ["none", "mp3", "pcm_s16le"],
} as const;

/** Layouts and rates of AAC; the first is what recordings are made with. Long packets would move the first file of a stream that is cut. */
const AAC = ["aac", "aac", "aac -ac 2", "aac -ac 6", "aac -ar 16000", "aac -ar 8000", "aac -ar 44100"];

/** Making a camera's recordings takes as long as some clips of it. */
const MORE_RANGES = 5;

const FRAGMENTS = ["+separate_moof", "+frag_every_frame", "+separate_moof+omit_tfhd_offset"];

/** One camera, as chance has it. */
export interface DrawnCamera {
  seed: number;
  container: Container;
  extension: (typeof CONTAINERS)[Container];
  audio: string;
  options: Omit<RecordingOptions, "path" | "startMs">;
  /** How far each recording starts behind the end of the one before, ms; the first one's is 0. Negative: they overlap. */
  offsetsMs: number[];
  asked: DrawnRange[];
  /** Flags of ffmpeg's for fragments of other shapes. */
  fragments?: string;
  /** From this frame on, in decode order, every recording is seconds later: its camera was away. */
  hole?: { frame: number; seconds: number };
  /** All recordings are one stream that ffmpeg cut into files. */
  isCut?: boolean;
  /** Halfway through each recording its recorder was started anew, and with it the clock of its file. */
  isRestarted?: boolean;
  /** So many frames at the start of each recording are hidden by its edit list. */
  hiddenFrames?: number;
  /** Between these times of each recording its microphone was away, seconds. */
  silentSeconds?: [from: number, to: number];
  /** Every second recording has pictures of twice the size. */
  isResized?: boolean;
  /** Frames a second of every second recording, where they are others. */
  otherFps?: number;
  /** Of one recording, by its place, only this part of the file is there. */
  cutOff?: { index: number; part: number };
}

/** Parts of the time that all recordings take. */
export interface DrawnRange {
  from: number;
  length: number;
  precision: Precision;
  codec: Codec;
  gapPolicy: GapPolicy;
}

/** The same camera for the same seed. */
export function drawCamera(seed: number): DrawnCamera {
  const random = numbersOf(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const chance = (part: number) => random() < part;
  const container = pick(Object.keys(CONTAINERS) as Container[]);
  const extension = CONTAINERS[container];
  const codec =
    container === "avi" ? pick(["h264", "h264", "mpeg4"] as const) : pick(["h264", "h264", "h264", "hevc"] as const);
  const fps = pick([25, 30, 15, 12, 10, 50, "30000/1001", 24, 5] as const);
  const rate = typeof fps === "number" ? fps : 30;
  const vfr = chance(0.2) && extension !== "avi";
  const bFrames = pick([0, 0, 2, 3]);
  const audio = pick(AUDIO[extension]);
  const isEven = typeof fps === "number" && !vfr && codec !== "mpeg4";
  const seconds = pick([4, 6, 9]);
  const isStill = audio !== "none" && !vfr && extension !== "avi" && chance(0.15);
  const recordings = pick([1, 2, 2, 3]);
  const offset = () => pick([0, 0, 0, 300, 700, -400, -1000, 2500]);
  const camera: DrawnCamera = {
    seed,
    container,
    extension,
    audio,
    options: {
      seconds,
      fps,
      codec,
      vfr,
      bFrames,
      gop: Math.max(2, Math.round(rate * pick([0.5, 1, 2, 20]))),
      openGop: bFrames > 0 && chance(0.4),
      audio: audio !== "none",
      timescale: pick([90_000, isEven ? rate : 90_000, 12_800, 30_000, ...(vfr ? [] : [1000])]),
      firstSeconds: extension === "avi" ? 0 : pick([0, 0, 0, 0.48, 3600]),
      ...(isStill && { stillSeconds: [1, 3.5] as [number, number] }),
      ...(extension === "mp4" && { container: container as NonNullable<RecordingOptions["container"]> }),
    },
    offsetsMs: Array.from({ length: recordings }, (_, index) => (index === 0 ? 0 : offset())),
    asked: Array.from({ length: 3 }, () => ({
      from: random() * 0.9,
      length: random() ** 2,
      precision: pick(["smart", "smart", "exact", "fast"] as const),
      codec: codec === "hevc" ? pick(["source", "source", "h264"] as const) : "h264",
      gapPolicy: "SKIP_GAPS" as GapPolicy,
    })),
  };
  // What a file cannot say of its pictures' start would move them against their audio.
  const { firstSeconds = 0, timescale = 1 } = camera.options;
  // Rounded down, 0.48 s would be two frames of 5 fps: what reordering moves files by.
  camera.options.firstSeconds = Math.ceil(firstSeconds * timescale - 1e-6) / timescale;
  // Drawn last, so that seeds of before draw what they drew.
  const { gop = 0, openGop } = camera.options;
  const shape = container.startsWith("fragmented") ? pick(["", "", ...FRAGMENTS]) : "";
  // ffmpeg writes frames of their own into fragments without their order where audio that it encodes comes later, and two of
  // one time where one stands.
  const fragments = shape === "+frag_every_frame" && (bFrames > 0 || isStill) ? "" : shape;
  // MPEG-TS puts packets on both sides of a hole into one, and QuickTime's PCM knows no times.
  // ffmpeg 5 takes the times of Matroska for others where packets are moved or left out.
  const isTimed = extension === "mp4";
  const isHole = isTimed && isEven && !isStill && !openGop && gop < seconds * rate && chance(0.2);
  const isWhole = isEven && !isHole && !isStill && fragments === "";
  const shares = isWhole && gop < seconds * rate && Number.isInteger((seconds * rate) / gop);
  const isCut =
    shares && !openGop && ["mp4", "ts", "mkv"].includes(extension) && !camera.options.firstSeconds && chance(0.3);
  const isRestarted = isWhole && !isCut && extension === "ts" && chance(0.4);
  const isHidden = isWhole && !isCut && container.startsWith("moov") && !camera.options.firstSeconds && chance(0.25);
  const hiddenFrames = isHidden ? pick([1, 3, 7]) : undefined;
  const more = Array.from({ length: MORE_RANGES }, () => again(camera.asked));
  // Cameras that set keyframes where something moves; the frames of a hole and of a cut are counted from them.
  const isIrregular = !isHole && !isCut && codec !== "mpeg4" && chance(0.25);
  const keyframes = Array.from({ length: pick([1, 2, 4]) }, () => (random() * seconds).toFixed(3)).sort();
  if (isIrregular) camera.options.encoder = ["-force_key_frames", keyframes.join(",")];
  const isSilent = isTimed && audio !== "none" && !isHole && !isCut && !isStill && !isHidden && chance(0.2);
  const silentFrom = pick([0, 0.7, 1.9]);
  const silentSeconds: [number, number] = [silentFrom, silentFrom + pick([0.4, 1.3, 2.2])];
  const isResized = recordings > 1 && !isCut && chance(0.15);
  // A file whose index comes last is none without it.
  // Whether a frame stands depends on audio, which may be cut off.
  const isCutOff =
    !isCut && !isStill && !isRestarted && !["moov-last", "mov", "avi"].includes(container) && chance(0.2);
  const cutOff = { index: Math.floor(random() * recordings), part: 0.3 + 0.65 * random() };
  const isMixed = recordings > 1 && isEven && !isCut && !isHole && timescale !== rate && chance(0.25);
  const otherFps = pick([25, 30, 15, 12, 20, 50]);
  return {
    ...camera,
    ...(audio === "aac" && { audio: isCut ? pick(AAC).replace(/ -ar (8|16)000/, "") : pick(AAC) }),
    ...(fragments !== "" && { fragments }),
    ...(isHole && { hole: { frame: gop, seconds: pick([2, 5]) } }),
    ...(isCut && { isCut, offsetsMs: camera.offsetsMs.map(() => 0) }),
    ...(isRestarted && { isRestarted }),
    ...(hiddenFrames && { hiddenFrames }),
    ...(isSilent && { silentSeconds }),
    ...(isResized && { isResized }),
    ...(isCutOff && { cutOff }),
    ...(isMixed && { otherFps }),
    asked: [...camera.asked, ...more],
  };

  function again([model]: readonly DrawnRange[]): DrawnRange {
    const gapPolicy = pick(["SKIP_GAPS", "FILL_WITH_BLACK", "HOLD_LAST_FRAME", "REJECT"] as const);
    const precision = pick(["smart", "smart", "exact", "fast"] as const);
    return { from: random() * 0.9, length: random() ** 2, precision, codec: model?.codec ?? "h264", gapPolicy };
  }
}

/** Mulberry32: numbers in [0, 1). */
function numbersOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

import { rename } from "node:fs/promises";
import {
  fileSource,
  firstTrack,
  frameBytesOf,
  type MuxTrack,
  pictureOrder,
  readMovie,
  samplesOf,
  type Track,
  usualDuration,
  writeMovie,
  writeMovieFile,
} from "@camclips/mp4";

const HEAD_BYTES = 64 * 1024;

interface Avi {
  /** The four letters of its first video stream (fccHandler of strh, else biCompression of strf); empty where they are not found. */
  codec: string;
  isByFfmpeg: boolean;
}

/** @returns undefined for another container */
export async function readAvi(path: string): Promise<Avi | undefined> {
  await using file = await fileSource(path);
  const head = Buffer.from(await file.read(0, Math.min(file.size, HEAD_BYTES))).toString("latin1");
  if (!head.startsWith("RIFF") || head.slice(8, 12) !== "AVI ") return undefined;
  const stream = head.indexOf("strh", head.indexOf("hdrl"));
  const video = head.slice(stream + 8, stream + 12) === "vids" ? stream : head.indexOf("vids", stream) - 8;
  const format = head.indexOf("strf", video);
  const codec = format < 0 ? "" : head.slice(format + 24, format + 28);
  return { codec, isByFfmpeg: /ISFT....Lavf/s.test(head) };
}

/** AVI stores no times: a frame's is its place, and the place of B-frames is known from the pictures alone. */
export async function inPictureOrder(
  path: string,
  { isByFfmpeg }: Pick<Avi, "isByFfmpeg">,
  signal: AbortSignal | undefined,
): Promise<void> {
  const ordered = `${path}.ordered`;
  {
    await using file = await fileSource(path);
    const movie = await readMovie(file, path, signal);
    const video = firstTrack(movie, "vide");
    if (!video) return;
    const places = await pictureOrder(file, video, signal);
    const late = isByFfmpeg ? emptyStart(video) : 0;
    if (!places && late === 0) return;
    const tracks = movie.tracks.map((track): MuxTrack => {
      const descriptions = track.descriptions.map(({ entry }) => entry);
      const samples = samplesOf(track, file, 0, track.samples.count - 1);
      if (track !== video) return { ...track, descriptions, samples, frameBytes: frameBytesOf(track, samples) };
      const dts = samples.map((sample, i) => sample.dts - (i === 0 ? 0 : late));
      const times = shownTimes(dts, places, usualDuration(video.samples.duration));
      const shown = samples.map((sample, i) => {
        const own = dts[i] ?? 0;
        const duration = sample.duration - (i === 0 ? late : 0);
        return { ...sample, dts: own, duration, compositionOffset: (times[places?.[i] ?? i] ?? own) - own };
      });
      return { ...track, descriptions, samples: shown };
    });
    await writeMovieFile(ordered, writeMovie(tracks, { order: "source" }), signal);
  }
  await rename(ordered, path);
}

/**
 * When each place is shown. A decoder holds frames back until their order is sure, and shows one for each that it reads: so
 * the times of frames that were left out are found as many places later as it holds back.
 */
function shownTimes(dts: readonly number[], places: Uint32Array | undefined, usual: number): number[] {
  const held = places?.reduce((most, place, i) => Math.max(most, i - place), 0) ?? 0;
  const last = dts.length - 1;
  const at = (i: number) => (dts[Math.min(i, last)] ?? 0) + Math.max(0, i - last) * usual;
  return dts.map((_, place) => at(place + held) - at(held) + at(0));
}

/** Places that may be empty behind a first frame, although nothing is missing. */
const MOST_EMPTY = 4;

/** Where audio starts a little before the picture, ffmpeg writes the first frame in its place, and then an empty one. */
function emptyStart(video: Track): number {
  const usual = usualDuration(video.samples.duration);
  const late = (video.samples.duration[0] ?? 0) - usual;
  return late > 0 && late <= MOST_EMPTY * usual ? late : 0;
}

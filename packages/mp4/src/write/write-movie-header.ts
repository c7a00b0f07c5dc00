import { EPOCH_1904_SECONDS } from "../read/parse-movie.ts";
import { type MuxTrack, presentationEnd } from "./mux-track.ts";
import { ascii, box, concat, fullBox, time, timesVersion, u16, u32, u64 } from "./write-boxes.ts";
import { sampleTableBox } from "./write-sample-table.ts";

/** Microseconds: fine enough for edits that are cut at frames of any rate. */
const MOVIE_TIMESCALE = 1_000_000;
const IDENTITY = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

/** ftyp, moov and the header of mdat. `positions` are the samples' byte offsets in the payload, per track. */
export function movieHeader(
  tracks: MuxTrack[],
  positions: Float64Array[],
  payloadBytes: number,
  creationTimeMs?: number,
): Uint8Array {
  const created = creationTimeMs === undefined ? 0 : Math.floor(creationTimeMs / 1000) + EPOCH_1904_SECONDS;
  const ftyp = box("ftyp", ascii("isom"), u32(512), ascii("isomiso2avc1mp41"));
  const large = payloadBytes > 0xf000_0000;
  const mdat = large
    ? concat(u32(1), ascii("mdat"), u64(payloadBytes + 16))
    : concat(u32(payloadBytes + 8), ascii("mdat"));
  // The size of moov does not depend on the offsets it holds, so one pass with 0 tells where the payload starts.
  const moovAt = (base: number) => {
    const traks = tracks.map((track, i) =>
      trakBox(track, i + 1, created, positions[i] ?? new Float64Array(), base, large),
    );
    return box("moov", mvhdBox(tracks, created), ...traks);
  };
  const base = ftyp.length + moovAt(0).length + mdat.length;
  return concat(ftyp, moovAt(base), mdat);
}

function mvhdBox(tracks: MuxTrack[], created: number): Uint8Array {
  const duration = Math.max(...tracks.map((track) => movieUnits(track, presentationEnd(track))));
  const version = timesVersion(duration, created);
  const times = [time(version, created), time(version, created), u32(MOVIE_TIMESCALE), time(version, duration)];
  const rateAndVolume = concat(u32(0x10000), u16(0x100, 0), u32(0, 0));
  return fullBox("mvhd", version, 0, ...times, rateAndVolume, IDENTITY, u32(0, 0, 0, 0, 0, 0, tracks.length + 1));
}

function movieUnits(track: MuxTrack, ticks: number): number {
  return Math.round((ticks / track.timescale) * MOVIE_TIMESCALE);
}

function trakBox(
  track: MuxTrack,
  id: number,
  created: number,
  positions: Float64Array,
  base: number,
  large: boolean,
): Uint8Array {
  const dinf = box("dinf", fullBox("dref", 0, 0, u32(1), fullBox("url ", 0, 1)));
  const stbl = sampleTableBox(track, positions, base, large);
  const mdia = box("mdia", mdhdBox(track, created), hdlrBox(track.handler), box("minf", track.mediaHeader, dinf, stbl));
  return box("trak", tkhdBox(track, id, created), edtsBox(track), mdia);
}

function tkhdBox(track: MuxTrack, id: number, created: number): Uint8Array {
  const duration = movieUnits(track, presentationEnd(track));
  const version = timesVersion(duration, created);
  const times = [time(version, created), time(version, created), u32(id, 0), time(version, duration)];
  const layerToVolume = concat(u32(0, 0), u16(0, 0, track.handler === "soun" ? 0x100 : 0, 0));
  const enabledInMovie = 3;
  return fullBox(
    "tkhd",
    version,
    enabledInMovie,
    ...times,
    layerToVolume,
    track.matrix,
    u32(track.displayWidth, track.displayHeight),
  );
}

/** An empty edit up to where the track's presentation starts, then one edit that shows it (ISO/IEC 14496-12, 8.6.6). */
function edtsBox(track: MuxTrack): Uint8Array {
  const start = Math.max(0, track.edit.from);
  const delay = movieUnits(track, start);
  const shown = {
    duration: movieUnits(track, presentationEnd(track)) - delay,
    mediaTime: Math.round(start - track.edit.shift),
  };
  const entries = delay > 0 ? [{ duration: delay, mediaTime: -1 }, shown] : [shown];
  const version = timesVersion(...entries.flatMap((entry) => [entry.duration, entry.mediaTime * 2]));
  const entryBytes = entries.map(({ duration, mediaTime }) =>
    concat(time(version, duration), mediaTime < 0 ? minusOne(version) : time(version, mediaTime), u32(0x10000)),
  );
  return box("edts", fullBox("elst", version, 0, u32(entries.length), ...entryBytes));
}

function minusOne(version: 0 | 1): Uint8Array {
  return new Uint8Array(version === 1 ? 8 : 4).fill(255);
}

function mdhdBox(track: MuxTrack, created: number): Uint8Array {
  const last = track.samples.at(-1);
  const duration = last ? last.dts + last.duration : 0;
  const version = timesVersion(duration, created);
  const times = [time(version, created), time(version, created), u32(track.timescale), time(version, duration)];
  return fullBox("mdhd", version, 0, ...times, u16(track.language, 0));
}

function hdlrBox(handler: string): Uint8Array {
  const kind = { vide: "Video", soun: "Sound" }[handler] ?? "Subtitle";
  return fullBox("hdlr", 0, 0, u32(0), ascii(handler), u32(0, 0, 0), ascii(`${kind}Handler\0`));
}

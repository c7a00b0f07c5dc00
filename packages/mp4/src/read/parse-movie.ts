import { MalformedBoxError } from "../errors.ts";
import { type Box, boxesIn, findBody, readFullBox, requireBody } from "./boxes.ts";
import { readEdit } from "./edit-list.ts";
import { framePacket, readFrameTable } from "./frame-table.ts";
import type { Movie, Track } from "./movie.ts";
import { readDescriptions } from "./sample-description.ts";
import { readSampleTable, type SampleBudget } from "./sample-table.ts";
import { inOrderOfUse } from "./track-order.ts";

/** Seconds from 1904-01-01, where MP4 times start, to 1970-01-01. */
export const EPOCH_1904_SECONDS = 2_082_844_800;

const DEFAULT_VMHD = fromHex("00000014 766d6864 00000001 00000000 00000000");
const DEFAULT_SMHD = fromHex("00000010 736d6864 00000000 00000000");
const MAX_TRACKS = 64;

/** Takes the body of a moov box apart. */
export function parseMovie(moov: Uint8Array, budget: SampleBudget): Movie {
  const boxes = boxesIn(moov);
  const { timescale, creationSeconds } = readMovieHeader(requireBody(moov, "mvhd"));
  const traks = boxes.filter((box) => box.type === "trak");
  if (traks.length > MAX_TRACKS) throw new MalformedBoxError(`moov box holds ${traks.length} tracks`);
  const createdMs = (creationSeconds - EPOCH_1904_SECONDS) * 1000;
  return {
    timescale,
    ...(creationSeconds > 0 && { creationTimeMs: createdMs }),
    fragmented: boxes.some((box) => box.type === "mvex"),
    tracks: inOrderOfUse(readTracks(traks, timescale, budget)),
  };
}

/** A video track that cannot be used says nothing against one before it. */
function readTracks(traks: readonly Box[], timescale: number, budget: SampleBudget): { trak: Box; track: Track }[] {
  const tracks: { trak: Box; track: Track }[] = [];
  for (const trak of traks) {
    try {
      const track = readTrack(trak, timescale, budget);
      if (track) tracks.push({ trak, track });
    } catch (error) {
      const hasVideo = tracks.some(({ track }) => track.handler === "vide" && track.samples.count > 0);
      if (!(error instanceof MalformedBoxError) || !hasVideo) throw error;
    }
  }
  return tracks;
}

function readMovieHeader(mvhd: Uint8Array): { timescale: number; creationSeconds: number } {
  const { version, fields } = readFullBox("mvhd", mvhd);
  const creationSeconds = fields.time(version) ?? 0;
  fields.skip(version === 0 ? 4 : 8);
  return { creationSeconds, timescale: positive(fields.u32(), "mvhd") };
}

function positive(timescale: number, type: string): number {
  if (timescale === 0) throw new MalformedBoxError(`${type} box has timescale 0`);
  return timescale;
}

/**
 * Tracks that are neither video nor audio (metadata, timecodes, nothing at all) are left out: no stage uses them. So is an audio track whose
 * boxes are broken: the clip is silent there, which is better than no clip of intact video.
 */
function readTrack(trak: Box, movieTimescale: number, budget: SampleBudget): Track | undefined {
  const body = findBody(trak.body, "mdia", "hdlr");
  if (!body) return undefined;
  const hdlr = readFullBox("hdlr", body).fields;
  hdlr.skip(4);
  const handler = hdlr.ascii(4);
  if (handler === "vide") return readMediaTrack(trak, handler, movieTimescale, budget);
  if (handler !== "soun") return undefined;
  try {
    return readMediaTrack(trak, handler, movieTimescale, budget);
  } catch (error) {
    if (error instanceof MalformedBoxError) return undefined;
    throw error;
  }
}

function readMediaTrack(trak: Box, handler: "vide" | "soun", movieTimescale: number, budget: SampleBudget): Track {
  const { timescale, language } = readMediaHeader(requireBody(trak.body, "mdia", "mdhd"));
  const minf = requireBody(trak.body, "mdia", "minf");
  const stbl = boxesIn(requireBody(minf, "stbl"));
  const descriptions = readDescriptions(requireBody(minf, "stbl", "stsd"), handler);
  const [only, ...others] = descriptions;
  const packet = others.length === 0 && only?.audio ? framePacket(stbl, only.audio) : undefined;
  const samples = packet ? readFrameTable(stbl, packet, budget) : readSampleTable(stbl, budget);
  if (descriptions.length === 0) throw new MalformedBoxError("stsd box is empty");
  if (samples.description.some((index) => index >= descriptions.length)) {
    throw new MalformedBoxError("stsc box names a sample description that does not exist");
  }
  return {
    ...readTrackHeader(requireBody(trak.body, "tkhd")),
    handler,
    timescale,
    language,
    descriptions,
    mediaHeader: mediaHeaderOf(minf, handler),
    edit: readEdit(trak.body, timescale, movieTimescale),
    samples,
  };
}

function readMediaHeader(mdhd: Uint8Array): { timescale: number; language: number } {
  const { version, fields } = readFullBox("mdhd", mdhd);
  fields.skip(version === 0 ? 8 : 16);
  const timescale = positive(fields.u32(), "mdhd");
  // The duration is not read: "unknown" is all ones, and the samples tell.
  fields.skip(version === 0 ? 4 : 8);
  return { timescale, language: fields.u16() };
}

function readTrackHeader(tkhd: Uint8Array) {
  const { version, fields } = readFullBox("tkhd", tkhd);
  fields.skip(version === 0 ? 8 : 16);
  const id = fields.u32();
  fields.skip(version === 0 ? 24 : 28);
  const matrix = fields.bytes(36);
  return { id, matrix, rotation: rotationOf(matrix), displayWidth: fields.u32(), displayHeight: fields.u32() };
}

function rotationOf(matrix: Uint8Array): Track["rotation"] {
  const view = new DataView(matrix.buffer, matrix.byteOffset);
  const [a, b, c, d] = [0, 4, 12, 16].map((at) => Math.sign(view.getInt32(at)));
  const turns = { "1,0,0,1": 0, "0,1,-1,0": 90, "-1,0,0,-1": 180, "0,-1,1,0": 270 } as const;
  return turns[`${a},${b},${c},${d}` as keyof typeof turns];
}

function mediaHeaderOf(minf: Uint8Array, handler: string): Uint8Array {
  const type = handler === "vide" ? "vmhd" : "smhd";
  const box = boxesIn(minf).find((candidate) => candidate.type === type);
  return box?.bytes ?? (handler === "vide" ? DEFAULT_VMHD : DEFAULT_SMHD);
}

/** Defaults for fragments (trex) by track id. */
export function readFragmentDefaults(moov: Uint8Array): Map<number, FragmentDefaults> {
  const mvex = findBody(moov, "mvex");
  const boxes = mvex ? boxesIn(mvex).filter((box) => box.type === "trex") : [];
  return new Map(
    boxes.map((trex) => {
      const { fields } = readFullBox("trex", trex.body);
      const id = fields.u32();
      return [id, { description: fields.u32(), duration: fields.u32(), size: fields.u32(), flags: fields.u32() }];
    }),
  );
}

export interface FragmentDefaults {
  description: number;
  duration: number;
  size: number;
  flags: number;
}

function fromHex(hex: string): Uint8Array {
  return Buffer.from(hex.replaceAll(" ", ""), "hex");
}

import { mkdtempDisposable } from "node:fs/promises";
import { join } from "node:path";
import {
  firstTrack,
  MalformedBoxError,
  type MuxTrack,
  presentationSeconds,
  samplesOf,
  writeMovie,
  writeMovieFile,
} from "@camclips/mp4";
import { mergedAvcEntry } from "../cut/avc-entry.ts";
import type { CutSource } from "../cut/cut-plan.ts";
import { openSources } from "../cut/mux-clip.ts";
import { encodedAudio } from "../cut/place-audio.ts";
import { setTimes } from "../cut/place-video.ts";
import { withGraphFile } from "../ffmpeg/graph-file.ts";
import { TIMESCALE } from "../ffmpeg/settings.ts";
import { audioArguments, clipAudio } from "../timeline/audio-chains.ts";
import type { Timeline } from "../timeline/timeline.ts";
import type { Fingerprint } from "../verify/fingerprint.ts";
import { readLists } from "../verify/looks.ts";
import { type ExactJob, prepareRun } from "./exact-arguments.ts";

/** Pieces that one run decodes: each keeps a decoder, and frames that wait for their turn. Even: see listOf. */
export const PIECES_AT_ONCE = 12;

export interface Encoded {
  /** What ffmpeg said. */
  log: string;
  /** What the sources show, small: see looks.ts. */
  shown: Fingerprint[][];
}

/** Runs ffmpeg with these arguments; progress in seconds of what it makes. */
export type Run = (args: readonly string[], onProgress: (seconds: number) => void) => Promise<string>;

/**
 * Encodes a clip of very many pieces, as an hour out of files of ten seconds is: the pictures of some pieces at a time, each
 * run into a file of its own, then the audio of all, and puts these together.
 */
export async function encodeInGroups(job: ExactJob, run: Run, onProgress: (seconds: number) => void): Promise<Encoded> {
  await using folder = await mkdtempDisposable(join(job.scratch, "groups-"));
  const groups = groupsOf(job.timeline);
  const files: string[] = [];
  const logs: string[] = [];
  const shown: Fingerprint[][] = [];
  for (const [index, { timeline, startSeconds }] of groups.entries()) {
    const output = join(folder.path, `${index}.mp4`);
    const probes = job.probes.map((probe) => ({ ...probe, audio: undefined }));
    const args = await prepareRun({ ...job, probes, timeline, output });
    logs.push(await run(args, (seconds) => onProgress(startSeconds + seconds)));
    for (const [list, frames] of (await readLists(timeline.pieces.length, job.scratch)).entries()) {
      const moved = frames.map((frame) => ({ ...frame, seconds: frame.seconds + startSeconds }));
      shown[list] = [...(shown[list] ?? []), ...moved];
    }
    files.push(output);
  }
  const audio = clipAudio(job) && join(folder.path, "audio.mp4");
  if (audio) {
    const args = audioArguments(job, audio, { all: ["-max_error_rate", "1"] });
    logs.push(await run(await withGraphFile(args, join(folder.path, "audio-graph")), () => {}));
  }
  const starts = groups.map(({ startSeconds }) => startSeconds);
  await joinGroups(job, { files, starts, audio });
  return { log: logs.join("\n"), shown };
}

interface Group {
  timeline: Timeline;
  /** Where its time 0 lies in the clip. */
  startSeconds: number;
}

function groupsOf(timeline: Timeline): Group[] {
  const { pieces, expected, durationSeconds } = timeline;
  const firsts = pieces.flatMap((_, index) => (index % PIECES_AT_ONCE === 0 ? [index] : []));
  return firsts.map((first) => {
    const startSeconds = first === 0 ? 0 : (pieces[first]?.outSeconds ?? 0);
    const endSeconds = pieces[first + PIECES_AT_ONCE]?.outSeconds ?? durationSeconds;
    const isOwn = ({ seconds }: { seconds: number }) => seconds > startSeconds - 1e-6 && seconds < endSeconds - 1e-6;
    const own = pieces.slice(first, first + PIECES_AT_ONCE).map((piece) => ({
      ...piece,
      outSeconds: piece.outSeconds - startSeconds,
      fill: { ...piece.fill, outSeconds: piece.fill.outSeconds - startSeconds },
    }));
    return {
      startSeconds,
      timeline: {
        ...timeline,
        pieces: own,
        leadFrames: first === 0 ? timeline.leadFrames : 0,
        expected: expected.filter(isOwn).map((frame) => ({ ...frame, seconds: frame.seconds - startSeconds })),
        durationSeconds: endSeconds - startSeconds,
      },
    };
  });
}

async function joinGroups(
  { timeline, startMs, output }: ExactJob,
  { files, starts, audio }: { files: readonly string[]; starts: readonly number[]; audio: string | undefined },
): Promise<void> {
  await using groups = await openSources(files);
  await using heard = await openSources(audio ? [audio] : []);
  const [sound] = heard.sources;
  const track = sound && encodedAudio(sound, timeline);
  const video = joinedVideo(groups.sources, starts, timeline.durationSeconds);
  const movie = writeMovie(track ? [video, track] : [video], { order: "time", creationTimeMs: Math.round(startMs) });
  await writeMovieFile(output, movie);
}

function joinedVideo(groups: readonly CutSource[], starts: readonly number[], durationSeconds: number): MuxTrack {
  const videos = groups.map(({ movie }) => firstTrack(movie, "vide")).filter((video) => video !== undefined);
  const [main] = videos;
  if (!main || videos.length < groups.length) throw new MalformedBoxError("a group of pieces holds no frame");
  const toTicks = (seconds: number) => Math.round(seconds * TIMESCALE);
  const placed = videos.flatMap((video, group) => {
    const bytes = groups[group]?.bytes;
    const samples = bytes ? samplesOf(video, bytes, 0, video.samples.count - 1) : [];
    return samples.map((sample, i) => {
      return { sample, ticks: toTicks(presentationSeconds(video, i)) + toTicks(starts[group] ?? 0) };
    });
  });
  const end = toTicks(durationSeconds);
  const delay = setTimes(placed, end);
  return {
    ...main,
    timescale: TIMESCALE,
    descriptions: [mergedAvcEntry(videos.flatMap(({ descriptions }) => descriptions.slice(0, 1)))],
    samples: placed.map(({ sample }) => ({ ...sample, description: 0 })),
    edit: { shift: -delay, from: 0, to: end },
  };
}

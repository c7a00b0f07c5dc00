import type { FragmentedRecording } from "../fragments/fragment-reader.ts";
import { FragmentSamples } from "../fragments/fragments.ts";
import { walkFragments } from "../fragments/walk-fragments.ts";
import { windowOn } from "../read/locate-movie.ts";
import { readFragmentDefaults } from "../read/parse-movie.ts";
import type { MuxTrack } from "../write/mux-track.ts";
import { bringsSets, HEAD_BYTES, isFullChroma, withEarlierState } from "./earlier-state.ts";
import type { Selection } from "./select-samples.ts";

/** Fragments that are looked into although the recording's first sample brings no sets. */
const MOST_SOUGHT = 40;

/**
 * As withEarlierState, for a fragmented recording, of which only fragments around the range were read. Those before them are
 * walked over only where the slice's first sample brings no parameter sets: all of them where the recording's first does, some
 * where that costs little.
 */
export async function withEarlierFragments(
  { tracks }: Pick<Selection, "tracks">,
  recording: FragmentedRecording,
): Promise<MuxTrack[]> {
  const { source, window, located, movie, budget, signal } = recording;
  const video = movie.tracks.find(({ handler }) => handler === "vide");
  const entry = tracks[0]?.samples[0];
  if (!video || !entry) return tracks;
  const isNeeded = isFullChroma(video);
  const entryHead = await entry.source.read(entry.offset, entry.offset + Math.min(entry.size, HEAD_BYTES), signal);
  if (!isNeeded && bringsSets(video, entryHead) !== false) return tracks;
  const samples = new FragmentSamples(movie.tracks, readFragmentDefaults(located.moov), budget);
  for (const track of movie.tracks) samples.addTable(track);
  let isAsked: boolean | undefined = isNeeded || undefined;
  let looked = 0;
  for await (const { moof, start } of walkFragments(source, window, located.end)) {
    samples.add(moof, start);
    const [first] = samples.of(video);
    if (!first) continue;
    isAsked ??= bringsSets(video, await window.at(first.offset, Math.min(first.size, HEAD_BYTES))) === true;
    if (!isAsked && !(source.readMany && looked++ < MOST_SOUGHT)) return tracks;
    const index = samples.of(video).findIndex(({ offset }) => offset === entry.offset);
    if (index < 0) continue;
    const loaded = { ...movie, tracks: movie.tracks.map((track) => samples.trackOf(track, budget)) };
    return withEarlierState({ tracks, entry: index }, loaded, source, windowOn(source, signal), signal);
  }
  return tracks;
}

import { CorruptSourceError, MalformedBoxError } from "../errors.ts";
import type { ByteSource } from "../io/byte-source.ts";
import { type LocatedMovie, type Window, windowOn } from "../read/locate-movie.ts";
import { type Movie, presentationTicks, presentedRange, type Track } from "../read/movie.ts";
import { type FragmentDefaults, readFragmentDefaults } from "../read/parse-movie.ts";
import type { SampleBudget } from "../read/sample-table.ts";
import { usualDuration } from "../read/spans.ts";
import { knownRange, LONG_SECONDS } from "../slice/holes.ts";
import { timelineStarts } from "../slice/select-samples.ts";
import type { TimelineStarts } from "../slice/slice.ts";
import type { FragmentEntry } from "./fragment-index.ts";
import { searchFragment } from "./fragment-search.ts";
import { FragmentSamples } from "./fragments.ts";
import { walkFragments } from "./walk-fragments.ts";

/** A needed part up to this size is read with one request and kept in memory; a larger one moof by moof, then streamed. */
const WHOLE_READ_BYTES = 16 * 1024 * 1024;

/** What is read for its end anyway is looked through. */
const SMALL_BYTES = 1024 * 1024;

/** So much more picture is walked over where no audio was seen yet, before a recording counts as silent there. */
const LATE_AUDIO_SECONDS = 30;
const LATE_AUDIO_FRAGMENTS = 60;

export interface FragmentedRecording {
  source: ByteSource;
  name: string;
  window: Window;
  located: LocatedMovie;
  movie: Movie;
  budget: SampleBudget;
  signal?: AbortSignal | undefined;
}

export interface Media {
  startSeconds: number;
  endSeconds: number;
}

export interface Loaded {
  movie: Movie;
  /** Serves the loaded bytes from memory when they were read whole. */
  source: ByteSource;
  /** Every fragment of the file is loaded. */
  whole: boolean;
  /** Times are right only when every fragment is loaded. */
  needsAllFragments: boolean;
}

/** Reads parts of a fragmented recording. */
export class FragmentReader {
  readonly #recording: FragmentedRecording;
  readonly #video: Track;
  readonly #defaults: Map<number, FragmentDefaults>;
  /** The audio tracks that have samples where the recording starts. */
  #heard: Track[] = [];
  /** How long the longest of the first frames lasts, a second at least. */
  #longestSeconds = LONG_SECONDS;
  /** Where the first fragment with video lies. */
  #firstStart = 0;

  constructor(recording: FragmentedRecording, video: Track) {
    this.#recording = recording;
    this.#video = video;
    this.#defaults = readFragmentDefaults(recording.located.moov);
  }

  /** Where the first frame starts, and the first of all tracks. */
  async starts(): Promise<TimelineStarts> {
    const { source, window, located, name, movie } = this.#recording;
    const samples = this.#collector();
    for (const track of movie.tracks) samples.addTable(track);
    // Where every track has fragments of its own, the others' follow the video's; a track may have none at all.
    let fragments = 0;
    for await (const { moof, start } of walkFragments(source, window, located.end)) {
      samples.add(moof, start);
      const seen = samples.of(this.#video);
      if (seen.length === 0) continue;
      if (fragments++ === 0) this.#firstStart = start;
      const shown = ((seen.at(-1)?.dts ?? 0) - (seen[0]?.dts ?? 0)) / this.#video.timescale;
      const isLate = fragments > 1 && (shown >= LATE_AUDIO_SECONDS || fragments >= LATE_AUDIO_FRAGMENTS);
      if (movie.tracks.every((track) => samples.of(track).length > 0) || isLate) break;
    }
    for (const { duration } of samples.of(this.#video))
      this.#longestSeconds = Math.max(this.#longestSeconds, duration / this.#video.timescale);
    this.#heard = this.#others.filter((track) => samples.of(track).length > 0);
    const tracks = movie.tracks.map((track) => this.#trackOf(samples, track));
    const video = tracks[movie.tracks.indexOf(this.#video)];
    const first = video && presentedRange(video);
    if (first) return timelineStarts({ tracks }, first.startSeconds);
    const kinds = movie.tracks.length > 1 ? "no video" : "nothing";
    throw new CorruptSourceError(name, `truncated: ${kinds} follows the file's header`);
  }

  /** From the first frame to the end of the last one, when fragments from `last` on hold it. */
  async mediaRange(startSeconds: number, last: FragmentEntry): Promise<Media | undefined> {
    const end = await this.#timesFrom(last.start);
    // Times that begin again within the file are right only behind all that comes before.
    const isAgain = end !== undefined && end.startSeconds <= startSeconds;
    const isSmall = this.#recording.source.size <= SMALL_BYTES;
    const isAlone = last.start <= this.#firstStart;
    const endSeconds = ((isAgain || isSmall) && !isAlone ? await this.#timesFrom(this.#firstStart) : end)?.endSeconds;
    return endSeconds === undefined ? undefined : { startSeconds, endSeconds };
  }

  /** Entries of a fragment shortly before the range, and of the one that follows it. */
  async search(startSeconds: number, last: FragmentEntry, fromSeconds: number): Promise<FragmentEntry[]> {
    const { source, located, signal } = this.#recording;
    const low = { start: located.end, seconds: startSeconds };
    const high = { start: last.start, seconds: (await this.#firstSeconds(last)) ?? Number.NaN };
    if (!(high.seconds > low.seconds)) return [];
    const found = await searchFragment(source, this.#timeOf, low, high, fromSeconds, signal);
    // Twice, because loading starts one entry early; the fragment found is early enough itself.
    return found.start === low.start ? [] : [found, found];
  }

  async #firstSeconds(entry: FragmentEntry): Promise<number | undefined> {
    const { source, signal } = this.#recording;
    for await (const { moof, start } of walkFragments(source, windowOn(source, signal), entry.start)) {
      return this.#timeOf(moof, start);
    }
    return undefined;
  }

  readonly #timeOf = (moof: Uint8Array, start: number): number | undefined => {
    const samples = this.#collector();
    samples.add(moof, start);
    if (samples.needsAllFragments || samples.of(this.#video).length === 0) return undefined;
    return presentationTicks(this.#trackOf(samples, this.#video), 0) / this.#video.timescale;
  };

  /** False also for picture data that looks like a fragment. */
  readonly holdsVideo = (moof: Uint8Array, start: number): boolean => {
    const samples = this.#collector();
    try {
      samples.add(moof, start);
    } catch (error) {
      if (error instanceof MalformedBoxError) return false;
      throw error;
    }
    return samples.of(this.#video).length > 0;
  };

  async #timesFrom(at: number): Promise<Media | undefined> {
    const { signal } = this.#recording;
    const source = await this.#near(at, undefined);
    const samples = this.#collector();
    for await (const { moof, start } of walkFragments(source, windowOn(source, signal), at)) samples.add(moof, start);
    if (samples.needsAllFragments) return undefined;
    const [track, audio] = [this.#video, this.#heard[0]].map((own) => own && this.#trackOf(samples, own));
    if (!track) return undefined;
    const { offset, size } = track.samples;
    return knownRange(track, audio, (i) => (offset[i] ?? 0) + (size[i] ?? 0) <= source.size, this.#longestSeconds);
  }

  /** Whether audio may be missing before `seconds` in what was loaded, although the recording has audio. */
  lacksAudio({ tracks }: Movie, seconds: number): boolean {
    return this.#heard.some(({ id }) => {
      const track = tracks.find((candidate) => candidate.id === id);
      return (
        track !== undefined && !(presentationTicks(track, 0) <= seconds * track.timescale && track.samples.count > 0)
      );
    });
  }

  /** The fragments from byte `start` on that hold what is presented before `toSeconds`; `until` is where an index says they end. */
  async load(start: number, isFirst: boolean, until: number | undefined, toSeconds: number): Promise<Loaded> {
    const { movie, signal } = this.#recording;
    const source = await this.#near(start, until);
    const samples = this.#collector();
    if (isFirst) for (const track of movie.tracks) samples.addTable(track);
    let whole = isFirst;
    let lagSeconds = 0;
    for await (const fragment of walkFragments(source, windowOn(source, signal), start)) {
      const picture = this.#loadedUntil(samples, this.#video);
      const counts = this.#others.map((track) => samples.of(track).length);
      samples.add(fragment.moof, fragment.start);
      for (const [i, track] of this.#others.entries()) {
        // How far audio lies behind the picture in the file shows when it comes.
        const first = samples.of(track)[counts[i] ?? 0];
        if (first) lagSeconds = Math.max(lagSeconds, picture - (first.dts + track.edit.shift) / track.timescale);
      }
      if (this.#isComplete(samples, toSeconds, { lagSeconds, pictureSeconds: picture })) {
        whole = false;
        break;
      }
    }
    const tracks = movie.tracks.map((track) => this.#trackOf(samples, track));
    return { movie: { ...movie, tracks }, source, whole, needsAllFragments: samples.needsAllFragments };
  }

  /**
   * No later fragment can hold a frame that is presented before `toSeconds`, and no audio that belongs to it is expected:
   * audio may end long before the picture, and each may have fragments of its own.
   * @param pictureSeconds how far the picture went before the last fragment: of the last one, audio may be still to come
   * @param lagSeconds how far audio lies behind the picture
   */
  #isComplete(
    samples: FragmentSamples,
    toSeconds: number,
    { pictureSeconds, lagSeconds }: { pictureSeconds: number; lagSeconds: number },
  ): boolean {
    const video = this.#loadedUntil(samples, this.#video);
    if (video < toSeconds) return false;
    const late = this.#others.filter((track) => this.#loadedUntil(samples, track) < toSeconds);
    const isSeen = late.every((track) => samples.of(track).length > 0);
    return late.length === 0 || pictureSeconds >= toSeconds + (isSeen ? lagSeconds + 1 : LATE_AUDIO_SECONDS);
  }

  get #others(): Track[] {
    return this.#recording.movie.tracks.filter((track) => track !== this.#video);
  }

  /** No sample that follows is presented before this, seconds. */
  #loadedUntil(samples: FragmentSamples, track: Track): number {
    const list = samples.of(track);
    const last = list.at(-1);
    if (!last) return Number.NEGATIVE_INFINITY;
    const near = list.slice(-64);
    const lowest = near.reduce((least, sample) => Math.min(least, sample.compositionOffset), 0);
    // What is told to last longer than others may be followed sooner all the same.
    const lasts = Math.min(last.duration, usualDuration(near.map(({ duration }) => duration)));
    return (last.dts + lasts + track.edit.shift + lowest) / track.timescale;
  }

  async #near(start: number, until: number | undefined): Promise<ByteSource> {
    const { source, signal } = this.#recording;
    const end = Math.min(source.size, until ?? source.size);
    if (end - start > WHOLE_READ_BYTES) return source;
    const bytes = await source.read(start, end, signal);
    return {
      size: source.size,
      async read(from, to, readSignal) {
        const inside = from >= start && to <= end;
        return inside ? bytes.subarray(from - start, to - start) : source.read(from, to, readSignal);
      },
      async *stream(from, to, streamSignal) {
        if (from >= start && to <= end) yield bytes.subarray(from - start, to - start);
        else yield* source.stream(from, to, streamSignal);
      },
    };
  }

  #collector(): FragmentSamples {
    return new FragmentSamples(this.#recording.movie.tracks, this.#defaults, this.#recording.budget);
  }

  #trackOf(samples: FragmentSamples, track: Track): Track {
    return samples.trackOf(track, this.#recording.budget);
  }
}

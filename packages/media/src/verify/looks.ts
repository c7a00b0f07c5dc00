import { type Cut, cutOut, FINE_TIMES, shifted } from "../ffmpeg/time-filters.ts";
import {
  type Fingerprint,
  type FingerprintFiles,
  fingerprintChain,
  fingerprintFiles,
  fingerprintOutputs,
  readFingerprints,
} from "./fingerprint.ts";

/**
 * A run that encodes frames also looks at what its sources show at those instants and around them: the frames as they were
 * decoded, before anything cuts them. Stretches that follow each other go to different lists, so that the neighbours of a
 * frame are its own.
 */
const LISTS = ["even", "odd"] as const;

/** So many frames on both sides of a stretch are looked at, too. */
const FRAMES_AROUND = 2;

/** The list that holds what stretch `index` shows. */
export function listOf(index: number): number {
  return index % LISTS.length;
}

/**
 * Filters that look at a stretch of an input, and pass it on a little longer than it is cut.
 * @param input label of the input, `output` of what is passed on
 * @param stretch `fit`: filters that give frames the clip's size; `crop`: what is shown of frames that are passed on whole
 */
export function lookChain(
  stretch: {
    index: number;
    cut: Cut;
    intervalSeconds: number;
    shiftSeconds: number;
    fit?: readonly string[];
    crop?: string;
  },
  input: string,
  output: string,
): string {
  const { index, cut, intervalSeconds, shiftSeconds, fit = [], crop } = stretch;
  const around = FRAMES_AROUND * intervalSeconds;
  const wide = cutOut({ inSeconds: cut.inSeconds - around, outSeconds: cut.outSeconds + around });
  const all = [`${input}${FINE_TIMES}`, wide, ...fit].join(",");
  return `${all},split${output}[look${index}];[look${index}]${crop ? `${crop},` : ""}${shifted(shiftSeconds)}[shown${index}]`;
}

/** Filters that make lists out of what all stretches show. */
export function listChains(stretches: number): string[] {
  return LISTS.flatMap((name, list) => {
    const labels = labelsOf(stretches, list);
    return labels.length === 0 ? [] : fingerprintChain(labels, name);
  });
}

/** Arguments that write the lists. */
export function listOutputs(stretches: number, scratch: string): string[] {
  return LISTS.flatMap((name, list) => {
    return labelsOf(stretches, list).length === 0 ? [] : fingerprintOutputs(filesOf(scratch, name), name);
  });
}

export async function readLists(stretches: number, scratch: string): Promise<Fingerprint[][]> {
  const lists = LISTS.map(async (name, list) => {
    return labelsOf(stretches, list).length === 0 ? [] : readFingerprints(filesOf(scratch, name));
  });
  return Promise.all(lists);
}

function labelsOf(stretches: number, list: number): string[] {
  const indices = Array.from({ length: stretches }, (_, index) => index);
  return indices.filter((index) => listOf(index) === list).map((index) => `[shown${index}]`);
}

function filesOf(scratch: string, name: string): FingerprintFiles {
  return fingerprintFiles(scratch, `shown-${name}`);
}

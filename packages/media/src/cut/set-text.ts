import { hevcSets, type SampleDescription, withoutTrailingZeros } from "@camclips/mp4";

/** A parameter set as a text, by which it is told whether two are the same. */
export function setText(set: Uint8Array): string {
  return Buffer.from(withoutTrailingZeros(set)).toString("latin1");
}

/** All that an index's entry has. */
export function setTexts({ avc, hevc }: NonNullable<SampleDescription["video"]>): string[] {
  return [...(avc ? [...avc.sps, ...avc.pps] : []), ...(hevc ? hevcSets(hevc) : [])].map(setText);
}

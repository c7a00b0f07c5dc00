/** One NAL unit of a sample, without its length. */
export interface NalUnit {
  bytes: Buffer;
  /** The sample, or what was read of it, ends before the unit does. */
  isCut: boolean;
}

/** The NAL units of a sample, each behind its length (ISO/IEC 14496-15, 5.3.2). A length without a unit is a cut one. */
export function* nalUnits(sample: Uint8Array, lengthBytes = 4): Generator<NalUnit> {
  const bytes = Buffer.from(sample.buffer, sample.byteOffset, sample.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const start = at + lengthBytes;
    const end = start < bytes.length ? start + bytes.readUIntBE(at, lengthBytes) : Number.POSITIVE_INFINITY;
    yield { bytes: bytes.subarray(start, end), isCut: end > bytes.length };
    at = end;
  }
}

/** NAL unit types, ITU-T H.264, table 7-1. */
export const AVC_NAL = { firstSlice: 1, idrSlice: 5, sps: 7, pps: 8 } as const;

export function avcNalType(nal: Uint8Array): number {
  return (nal[0] ?? 0) & 31;
}

export function isAvcSlice(type: number): boolean {
  return type >= AVC_NAL.firstSlice && type <= AVC_NAL.idrSlice;
}

/** ITU-T H.265, table 7-1: types up to 31 are slices. */
export function hevcNalType(nal: Uint8Array): number {
  return ((nal[0] ?? 0) >> 1) & 63;
}

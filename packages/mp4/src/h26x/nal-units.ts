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

/** A unit without the zeros behind it, which are no part of it, and which writers leave in some places and not in others. */
export function withoutTrailingZeros(nal: Uint8Array): Uint8Array {
  let end = nal.length;
  while (end > 0 && nal[end - 1] === 0) end--;
  return nal.subarray(0, end);
}

/** A sample, or a part of one: each unit behind its length. */
export function withLengths(units: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    units.flatMap((unit) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(unit.length);
      return [length, unit];
    }),
  );
}

/** NAL unit types, ITU-T H.264, table 7-1. */
export const AVC_NAL = { firstSlice: 1, idrSlice: 5, sei: 6, sps: 7, pps: 8 } as const;

export function avcNalType(nal: Uint8Array): number {
  return (nal[0] ?? 0) & 31;
}

export function isAvcSlice(type: number): boolean {
  return type >= AVC_NAL.firstSlice && type <= AVC_NAL.idrSlice;
}

/** NAL unit types, ITU-T H.265, table 7-1. */
export const HEVC_NAL = { brokenLink: 16, brokenLinkAlone: 18, cra: 21, delimiter: 35 } as const;

export function hevcNalType(nal: Uint8Array): number {
  return ((nal[0] ?? 0) >> 1) & 63;
}

export function isHevcSlice(type: number): boolean {
  return type <= 31;
}

/** Of parameter sets: video, sequence, picture. */
export function isHevcSet(type: number): boolean {
  return type >= 32 && type <= 34;
}

/** BLA, IDR and CRA: only pictures that are shown before it need what is stored before it. */
export function isHevcEntry(type: number): boolean {
  return type >= HEVC_NAL.brokenLink && type <= HEVC_NAL.cra;
}

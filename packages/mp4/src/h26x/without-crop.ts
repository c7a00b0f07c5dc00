import { bitsOf, readSps } from "./avc-config.ts";
import { withEmulation, withoutEmulation } from "./emulation.ts";
import { BitWriter } from "./intra/bit-writer.ts";
import { withoutTrailingZeros } from "./nal-units.ts";

/** A sequence set that shows all that is coded: see crop of readSps. */
export function withoutCrop(sps: Uint8Array): Uint8Array {
  const { from, to } = readSps(sps).cropAt;
  const payload = withoutTrailingZeros(withoutEmulation(sps));
  const bits = bitsOf(payload);
  const writer = new BitWriter();
  for (let at = 0; at < from; at++) writer.bits(bits.bit(), 1);
  writer.bits(0, 1);
  bits.bits(to - from);
  for (let at = to; at < (payload.length - 1) * 8; at++) writer.bits(bits.bit(), 1);
  return withEmulation(withoutTrailingZeros(Buffer.concat([payload.subarray(0, 1), writer.bytes()])));
}

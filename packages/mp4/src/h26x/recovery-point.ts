import { bitsOf } from "./avc-config.ts";
import { withoutEmulation } from "./emulation.ts";
import { AVC_NAL, avcNalType, isAvcSlice, nalUnits } from "./nal-units.ts";

/** Payload type, ITU-T H.264, D.1. */
const RECOVERY_POINT = 6;

/**
 * How many frames behind a sample of H.264 a picture is whole when decoding starts with it: recovery_frame_cnt of its recovery point
 * (D.2.8), 0 without one.
 */
export function recoveryFramesOf(sample: Uint8Array, lengthBytes: number): number {
  for (const { bytes } of nalUnits(sample, lengthBytes)) {
    if (isAvcSlice(avcNalType(bytes))) break;
    const frames = avcNalType(bytes) === AVC_NAL.sei ? recoveryFramesIn(withoutEmulation(bytes)) : undefined;
    if (frames !== undefined) return frames;
  }
  return 0;
}

function recoveryFramesIn(message: Uint8Array): number | undefined {
  let at = 1;
  /** Type and size go on for as long as a byte is 255 (7.3.2.3.1). */
  const next = () => {
    let value = 0;
    while (message[at] === 255) value += message[at++] ?? 0;
    return value + (message[at++] ?? 0);
  };
  while (at + 2 < message.length) {
    const [type, size] = [next(), next()];
    if (type === RECOVERY_POINT && at < message.length) return bitsOf(message.subarray(at - 1)).ue();
    at += size;
  }
  return undefined;
}

/** A NAL unit without its emulation prevention bytes: ITU-T H.264, 7.4.1.1; H.265, 7.4.2. */
export function withoutEmulation(nal: Uint8Array): Uint8Array {
  const payload = new Uint8Array(nal.length);
  let [length, zeros] = [0, 0];
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    payload[length++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return payload.subarray(0, length);
}

/** Puts them back. The unit must not end with a zero byte, which parameter sets never do. */
export function withEmulation(payload: Uint8Array): Uint8Array {
  const nal = new Uint8Array(Math.ceil(payload.length * 1.5));
  let [length, zeros] = [0, 0];
  for (const byte of payload) {
    if (zeros >= 2 && byte <= 3) {
      nal[length++] = 3;
      zeros = 0;
    }
    nal[length++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return nal.subarray(0, length);
}

import { CODE_COLUMNS, CODE_HEIGHT, codeBlocks } from "../../../media/src/synthetic/frame-code.ts";

const WIDTH = 160;
const HEIGHT = 96;
/** Of a macroblock. */
const SIDE = 16;
const GREY = 128;
const I_PCM = 25;
const NAL = { slice: 0x61, idrSlice: 0x65, sps: 0x67, pps: 0x68 };

/** Bits of a NAL unit: u(n), ue(v) and se(v) of ITU-T H.264, 7.2. */
class Bits {
  #bits: number[] = [];

  u(count: number, ...values: number[]): this {
    for (const value of values) for (let i = count - 1; i >= 0; i--) this.#bits.push((value >>> i) & 1);
    return this;
  }

  ue(...values: number[]): this {
    for (const value of values) {
      const length = 32 - Math.clz32(value + 1);
      this.u(length - 1, 0).u(length, value + 1);
    }
    return this;
  }

  aligned(): this {
    while (this.#bits.length % 8 !== 0) this.#bits.push(0);
    return this;
  }

  bytes(values: Uint8Array): this {
    return this.u(8, ...values);
  }

  nal(header: number): Buffer {
    this.u(1, 1).aligned();
    const bytes: number[] = [];
    let zeros = 0;
    for (let at = 0; at < this.#bits.length; at += 8) {
      const byte = this.#bits.slice(at, at + 8).reduce((value, bit) => value * 2 + bit, 0);
      if (zeros >= 2 && byte <= 3) bytes.push(3);
      if (zeros >= 2 && byte <= 3) zeros = 0;
      bytes.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    return Buffer.from([0, 0, 0, 1, header, ...bytes]);
  }
}

/** Main profile, interlaced (frame_mbs_only_flag 0), 50 fields a second. */
function parameterSets(): Buffer {
  const sps = new Bits().u(8, 77, 0, 40).ue(0, 4, 0, 4, 1).u(1, 0);
  sps.ue(WIDTH / SIDE - 1, HEIGHT / SIDE / 2 - 1).u(1, 0, 0, 1, 0);
  sps.u(1, 1, 0, 0, 0, 0, 1).u(32, 1, 50).u(1, 1, 0, 0, 0, 0);
  const pps = new Bits().ue(0, 0).u(1, 0, 0).ue(0, 0, 0).u(1, 0).u(2, 0).ue(0, 0, 0).u(1, 1, 0, 0);
  return Buffer.concat([sps.nal(NAL.sps), pps.nal(NAL.pps)]);
}

/** The code's blocks on grey. */
function picture(code: number): Uint8Array {
  const luma = new Uint8Array(WIDTH * HEIGHT).fill(GREY);
  const blocks = codeBlocks(code);
  const rows = Math.round(HEIGHT * CODE_HEIGHT * 0.5);
  for (let y = 0; y < 2 * rows; y++)
    for (let x = 0; x < WIDTH; x++) {
      const block = Math.floor(y / rows) * CODE_COLUMNS + Math.floor((x * CODE_COLUMNS) / WIDTH);
      luma[y * WIDTH + x] = blocks[block] ? 235 : 16;
    }
  return luma;
}

/** A field as a picture of its own, its values as they are (I_PCM). @param place of its frame behind the IDR picture */
function field(luma: Uint8Array, place: number, parity: 0 | 1, group: number): Buffer {
  const isIdr = place === 0 && parity === 0;
  const slice = new Bits().ue(0, 7, 0).u(8, place).u(1, 1, parity);
  if (isIdr) slice.ue(group % 2);
  slice.u(8, 2 * place + parity).u(1, ...(isIdr ? [0, 0] : [0]));
  // slice_qp_delta 0, no deblocking.
  slice.ue(0, 1);
  for (let top = 0; top < HEIGHT / 2; top += SIDE)
    for (let left = 0; left < WIDTH; left += SIDE) {
      slice.ue(I_PCM).aligned();
      for (let y = top; y < top + SIDE; y++) {
        const start = (2 * y + parity) * WIDTH + left;
        slice.bytes(luma.subarray(start, start + SIDE));
      }
      slice.bytes(new Uint8Array((SIDE * SIDE) / 2).fill(GREY));
    }
  return slice.nal(isIdr ? NAL.idrSlice : NAL.slice);
}

/** Raw H.264 of 25 frames a second, each coded as two fields (PAFF), which no encoder here makes. @param gop frames, up to 128 */
export function fieldPairs(frames: number, gop: number): Buffer {
  const units = Array.from({ length: frames }, (_, code) => {
    const [luma, place, group] = [picture(code), code % gop, Math.floor(code / gop)];
    const fields = [field(luma, place, 0, group), field(luma, place, 1, group)];
    return place === 0 ? [parameterSets(), ...fields] : fields;
  });
  return Buffer.concat(units.flat());
}

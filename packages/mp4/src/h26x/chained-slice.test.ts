import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAvcSets, readChainedSlice, renumberedSlice } from "./chained-slice.ts";
import { withEmulation, withoutEmulation } from "./emulation.ts";
import { BitWriter } from "./intra/bit-writer.ts";
import { losslessPps } from "./intra/lossless-picture.ts";

interface Numbers {
  frameNumBits: number;
  /** Absent: pictures are shown in the order in which they are stored. */
  orderBits?: number | undefined;
}

function sequenceSet({ frameNumBits, orderBits }: Numbers): Uint8Array {
  const writer = new BitWriter()
    .bits(66, 8)
    .bits(0, 8)
    .bits(40, 8)
    .ue(0)
    .ue(frameNumBits - 4);
  if (orderBits === undefined) writer.ue(2);
  else writer.ue(0).ue(orderBits - 4);
  writer.ue(1).bits(0, 1).ue(119).ue(67).bits(0b1100, 4).bits(1, 1);
  return withEmulation(Buffer.concat([Uint8Array.of(0x67), writer.bytes()]));
}

const setsOf = (numbers: Numbers) =>
  readAvcSets({ sps: [sequenceSet(numbers)], pps: [losslessPps({ id: 0, spsId: 0 })] });

interface SliceFields {
  frameNumber?: number;
  low?: number;
  type?: number;
  active?: number;
  /** ref_pic_list_modification: kinds and what follows them. */
  named?: [kind: number, value: number][];
  isAdaptive?: boolean;
  rest?: Uint8Array;
}

const P = 0;

function slice(numbers: Numbers, fields: SliceFields): Uint8Array {
  const { frameNumber = 5, low = 10, type = P, active, named, isAdaptive = false, rest = Uint8Array.of(1, 2) } = fields;
  const writer = new BitWriter().ue(0).ue(type).ue(0).bits(frameNumber, numbers.frameNumBits);
  if (numbers.orderBits !== undefined) writer.bits(low, numbers.orderBits);
  if (type === P) {
    writer.bits(active === undefined ? 0 : 1, 1);
    if (active !== undefined) writer.ue(active - 1);
    writer.bits(named ? 1 : 0, 1);
    for (const [kind, value] of named ?? []) writer.ue(kind).ue(value);
    if (named) writer.ue(3);
  }
  writer.bits(isAdaptive ? 1 : 0, 1);
  const payload = Buffer.concat([writer.bytes(), rest, Uint8Array.of(0x80)]);
  return withEmulation(Buffer.concat([Uint8Array.of(0x61), payload]));
}

const drawn = fc.record({
  frameNumBits: fc.integer({ min: 4, max: 16 }),
  orderBits: fc.option(fc.integer({ min: 4, max: 16 }), { nil: undefined }),
  frameNumber: fc.nat(),
  low: fc.nat(),
  origin: fc.record({ frameNumber: fc.nat({ max: 65_535 }), low: fc.nat({ max: 65_535 }) }),
  // Many zeros: then emulation prevention comes and goes.
  rest: fc.uint8Array({ maxLength: 90 }).map((bytes) => bytes.map((byte) => (byte < 160 ? 0 : byte))),
});

describe("a slice of a chain", () => {
  it("is counted from elsewhere, and nothing else of it changes", () => {
    fc.assert(
      fc.property(drawn, ({ frameNumBits, orderBits, origin, rest, ...drawnNumbers }) => {
        const numbers = { frameNumBits, orderBits };
        const frameNumber = drawnNumbers.frameNumber % 2 ** frameNumBits;
        const low = drawnNumbers.low % 2 ** (orderBits ?? 1);
        const nal = slice(numbers, { frameNumber, low, rest });
        const sets = setsOf(numbers);
        const own = readChainedSlice(nal, sets);
        expect(own).toMatchObject({ frameNumber, references: 1, isReference: true });
        const moved = Buffer.concat((own && renumberedSlice(nal, own, origin)) ?? []);
        const modulo = (value: number, bits: number) => ((value % 2 ** bits) + 2 ** bits) % 2 ** bits;
        const wanted = slice(numbers, {
          frameNumber: modulo(frameNumber - origin.frameNumber, frameNumBits),
          low: modulo(low - origin.low, orderBits ?? 1),
          rest,
        });
        expect(moved).toEqual(Buffer.from(wanted));
        expect([...withoutEmulation(moved)]).toHaveLength(withoutEmulation(nal).length);
      }),
    );
  });

  const usual = { frameNumBits: 4, orderBits: 6 };
  const read = (fields: SliceFields) => readChainedSlice(slice(usual, fields), setsOf(usual));

  it("says how many pictures before its own it needs", () => {
    expect(read({})?.references).toBe(1);
    expect(read({ active: 3 })?.references).toBe(3);
    expect(read({ active: 1, named: [[0, 0]] })?.references).toBe(1);
    expect(read({ active: 1, named: [[0, 3]] })?.references).toBe(4);
    expect(
      read({
        active: 2,
        named: [
          [0, 0],
          [0, 0],
        ],
      })?.references,
    ).toBe(2);
    expect(read({ type: 2 })?.references).toBe(0);
  });

  it.each([
    ["of a B picture", { type: 1 }],
    ["that names a picture which is kept for long", { named: [[2, 0]] }],
    ["that counts over the turn of the numbers", { named: [[1, 14]] }],
    ["that says which pictures are kept", { isAdaptive: true }],
  ] as [string, SliceFields][])("is none %s", (_, fields) => {
    expect(read(fields)).toBeUndefined();
  });

  it("is none without its parameter sets", () => {
    expect(readChainedSlice(slice(usual, {}), { sps: new Map(), pps: new Map() })).toBeUndefined();
  });
});

import fc from "fast-check";
import { expect, it } from "vitest";
import { nalUnits } from "./nal-units.ts";

const sampleOf = (nals: readonly Uint8Array[], lengthBytes: number) =>
  Buffer.concat(
    nals.flatMap((nal) => {
      const length = Buffer.alloc(lengthBytes);
      length.writeUIntBE(nal.length, 0, lengthBytes);
      return [length, nal];
    }),
  );

const drawn = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 5 });

it.each([1, 2, 4])("gives the units of a sample of %i-byte lengths", (lengthBytes) => {
  fc.assert(
    fc.property(drawn, (nals) => {
      const units = [...nalUnits(sampleOf(nals, lengthBytes), lengthBytes)];
      expect(units.map(({ bytes }) => [...bytes])).toEqual(nals.map((nal) => [...nal]));
      expect(units.every(({ isCut }) => !isCut)).toBe(true);
    }),
  );
});

it("says of a sample that ends too early that its last unit is cut", () => {
  fc.assert(
    fc.property(drawn, fc.nat(), (nals, at) => {
      const sample = sampleOf(nals, 4);
      const head = sample.subarray(0, at % (sample.length + 1));
      const units = [...nalUnits(head)];
      const whole = units.filter(({ isCut }) => !isCut);
      const bytes = whole.reduce((sum, unit) => sum + 4 + unit.bytes.length, 0);
      expect(units.length - whole.length).toBe(bytes < head.length ? 1 : 0);
      expect(units.at(-1)?.isCut ?? false).toBe(bytes < head.length);
    }),
  );
});

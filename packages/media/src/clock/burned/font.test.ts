import { expect, it } from "vitest";
import { charactersOf, GLYPH_HEIGHT, glyphOf } from "./font.ts";

const ASCII = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));

/** As text: a line for each row. */
const drawn = (character: string) =>
  glyphOf(character)
    ?.map((row) => row.toString(2).padStart(5, "0").replaceAll("0", ".").replaceAll("1", "#"))
    .join("\n");

const spoilt = (a: string, b: string) => {
  const rows = [glyphOf(a) ?? [], glyphOf(b) ?? []] as const;
  const differing = rows[0].map((row, y) => (row ^ (rows[1][y] ?? 0)).toString(2).replaceAll("0", "").length);
  return differing.reduce((sum, pixels) => sum + pixels, 0);
};

it("has all printable ASCII, five pixels wide, and no two alike", () => {
  for (const character of ASCII) {
    const rows = glyphOf(character);
    expect(rows, character).toHaveLength(GLYPH_HEIGHT);
    for (const row of rows ?? []) expect(row).toBeLessThan(32);
  }
  expect(new Set(ASCII.map(drawn)).size).toBe(ASCII.length);
});

it("has digits that differ by more than twice what coding may spoil of one", () => {
  for (let a = 0; a < 10; a++) for (let b = 0; b < a; b++) expect(spoilt(`${a}`, `${b}`)).toBeGreaterThan(4);
});

it("puts marks over Latin letters, whether they come as one character or as two", () => {
  expect(drawn("ü")).toBe(
    [".....", ".#.#.", ".....", ".....", "#...#", "#...#", "#...#", "#..##", ".##.#", ".....", "....."].join("\n"),
  );
  expect(glyphOf("u\u0308")).toEqual(glyphOf("ü"));
  expect(drawn("Ü")?.split("\n").slice(0, 3)).toEqual([".#.#.", ".....", "#...#"]);
  expect(drawn("í")?.split("\n").slice(0, 5)).toEqual([".....", "...#.", "..#..", ".....", ".##.."]);
  for (const character of "ÀÉÎÕÅÇŞĞČŽŐŹąęțøæœßłđı") expect(glyphOf(character), character).toBeDefined();
  expect(charactersOf("Su\u0308d")).toEqual(["S", "u\u0308", "d"]);
});

it("says that it lacks other scripts, and marks that it does not know", () => {
  for (const character of ["你", "я", "x\u0489", "🎥"]) expect(glyphOf(character)).toBeUndefined();
});

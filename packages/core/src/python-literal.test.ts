import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePythonLiteral } from "./python-literal.ts";

describe("a Python literal", () => {
  /** What `repr` makes of a value, as `str(dict)` prints it. */
  const repr = (value: unknown): string => {
    if (value === null) return "None";
    if (typeof value === "boolean") return value ? "True" : "False";
    if (typeof value === "string") return reprString(value);
    if (Array.isArray(value)) return `[${value.map(repr).join(", ")}]`;
    if (typeof value === "object")
      return `{${Object.entries(value)
        .map(([key, item]) => `${reprString(key)}: ${repr(item)}`)
        .join(", ")}}`;
    return String(value);
  };
  const reprString = (value: string): string => {
    const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
    const escaped = [...value].map((character) => {
      if (character === "\\" || character === quote) return `\\${character}`;
      const code = character.codePointAt(0) ?? 0;
      if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, "0")}`;
      if (code > 0xffff) return `\\U${code.toString(16).padStart(8, "0")}`;
      if (code > 0x7f && code < 0xa1) return `\\u${code.toString(16).padStart(4, "0")}`;
      return character;
    });
    return `${quote}${escaped.join("")}${quote}`;
  };

  it("is read as the value that Python printed", () => {
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: "grapheme" }),
        fc.boolean(),
        fc.constant(null),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(
          fc.string().filter((key) => key !== "__proto__"),
          tie("value"),
          { maxKeys: 4, noNullPrototype: true },
        ),
      ),
    })).value;
    fc.assert(
      fc.property(value, (original) => {
        expect(parsePythonLiteral(repr(original))).toEqual(JSON.parse(JSON.stringify(original)));
      }),
    );
  });

  it("never reaches a prototype", () => {
    const read = parsePythonLiteral("{'__proto__': {'clipId': 'x'}}") as object;
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect("clipId" in read).toBe(false);
  });

  it.each([
    "",
    "{'a' 1}",
    "{1: 2}",
    "[1 2]",
    "'a",
    "None None",
    "nan",
    "0x10",
    "1.2.3",
    "'''a'''",
    "{,}",
    "[,]",
    "lambda: 1",
  ])("is refused, with the place, when it is none: %j", (text) => {
    expect(() => parsePythonLiteral(text)).toThrow(/at character \d+$/);
  });
});

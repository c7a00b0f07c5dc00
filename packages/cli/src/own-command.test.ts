import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { shellWord } from "./own-command.ts";

it.each(["plain-1.b", "two words", "it's", '$HOME `id` "x"', "Küche", "*"])(
  "a shell takes %s as it was written",
  (text) => {
    const said = execFileSync("sh", ["-c", `printf %s ${shellWord(text)}`], { encoding: "utf8" });
    expect(said).toBe(text);
  },
);

it("no command takes a word for an option", () => {
  expect(shellWord("-x y")).toBe("-- '-x y'");
});

import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";

/** What callers of the old project type. */
const TARGETS = ["install", "event", "invoke", "test", "lint", "fixlint", "deploy", "doctoc"];

it("make knows every command of the old project, and hands each to one that exists", async () => {
  const root = new URL("../../../", import.meta.url);
  const [makefile, { scripts }] = await Promise.all([
    readFile(new URL("Makefile", root), "utf8"),
    readFile(new URL("package.json", root), "utf8").then(JSON.parse),
  ]);
  const commands = new Map(
    [...makefile.matchAll(/^(\w+):\n\t(.+)$/gm)].map(([, target, command]) => [target, command]),
  );
  expect([...commands.keys()].sort()).toEqual([...TARGETS].sort());
  expect(/^\.PHONY: (.+)$/m.exec(makefile)?.[1]?.split(" ").sort()).toEqual([...TARGETS].sort());
  for (const command of commands.values()) {
    const script = /^npm (?:run )?(\w+)/.exec(command ?? "")?.[1];
    if (script && script !== "ci") expect(scripts).toHaveProperty(script);
  }
});

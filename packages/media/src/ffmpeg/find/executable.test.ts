import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testFolder } from "@camclips/testing/folders";
import { describe, expect, it } from "vitest";
import { readExecutable } from "./executable.ts";

describe("readExecutable", () => {
  it("knows what a linked program asks for: this very Node", async () => {
    const node = await readExecutable(process.execPath);
    expect(node).toMatchObject({ format: "ELF", processor: process.arch });
    expect(node.interpreter).toMatch(/^\/lib.*ld-linux/);
    expect(node.libraries).toContain("libc.so.6");
    expect(node.glibc).toMatch(/^2\.\d+$/);
  });

  it.each([
    ["a program for macOS", Buffer.from("cffaedfe0c000001", "hex"), "Mach-O"],
    ["a program for Windows", Buffer.from("MZ and more"), "Windows"],
    ["a script", Buffer.from("#!/bin/sh\n"), "script"],
    ["something else", Buffer.from("hello"), "unknown"],
    ["nothing", Buffer.alloc(0), "unknown"],
  ])("knows %s", async (_, bytes, format) => {
    await using folder = await testFolder();
    const path = join(folder.path, "program");
    await writeFile(path, bytes);
    expect(await readExecutable(path)).toEqual({ format, libraries: [] });
  });

  it("refuses damaged headers", async () => {
    await using folder = await testFolder();
    const path = join(folder.path, "program");
    const head = Buffer.alloc(64, 0xff);
    head.set(Buffer.from("7f454c460201", "hex"));
    await writeFile(path, head);
    await expect(readExecutable(path)).rejects.toThrow("damaged");
  });
});

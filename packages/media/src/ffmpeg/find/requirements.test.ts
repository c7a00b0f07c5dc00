import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { describe, expect, it } from "vitest";
import { missingIn, readVersion, requirements } from "./requirements.ts";

describe("readVersion", () => {
  it.each([
    ["5.1.9-0+deb12u1", false],
    ["5.1", false],
    ["7.0-static", false],
    ["n7.0-7-gd38bf5e08e-20240407", false],
    ["8.0.1", false],
    ["10.0", false],
    ["4.4.2-0ubuntu0.22.04.1", true],
    ["5.0.1", true],
    ["n4.4", true],
    ["N-112345-g1234567", false],
    ["git-2024-01-01-abcdef", false],
    ["2023-03-05-git-912ac82a3c", false],
  ])("%s: too old %s", (text, tooOld) => {
    expect(readVersion(`ffmpeg version ${text} Copyright (c) 2000-2026 the FFmpeg developers\n`)).toEqual({
      text,
      tooOld,
    });
  });

  it("knows other programs from ffmpeg", () => {
    expect(readVersion("ffprobe version 5.1 Copyright (c)")).toBeUndefined();
    expect(readVersion("")).toBeUndefined();
  });
});

describe("requirements", () => {
  it("name every filter that the engine and the synthetic camera use", async () => {
    const { stdout } = await promisify(execFile)(testFfmpeg, ["-hide_banner", "-filters"]);
    const known = stdout.split("\n").map((line) => line.trim().split(/\s+/)[1] ?? "");
    const folder = new URL("../../", import.meta.url);
    const files = (await readdir(folder, { recursive: true })).filter((file) => /(?<!\.test)\.ts$/.test(file));
    const code = (await Promise.all(files.map((file) => readFile(new URL(file, folder), "utf8")))).join("\n");
    const used = new Set([...code.matchAll(/["'`,;\]}]([a-z][a-z0-9]+)=/g)].map(([, name = ""]) => name));
    const required = new Set<string>(requirements.filters);
    expect(known.filter((name) => used.has(name) && !required.has(name))).toEqual([]);
  });
});

describe("missingIn", () => {
  it("reads names behind flags, whatever their width", () => {
    const lines = requirements.encoders.map((name) => ` V....D ${name}   words about it`);
    expect(missingIn("encoders", lines.join("\n"))).toEqual([]);
    expect(missingIn("encoders", lines.slice(1).join("\n"))).toEqual([requirements.encoders[0]]);
  });

  it("reads several names in one, names alone, and options with their kind of stream", () => {
    expect(missingIn("demuxers", " D   mov,mp4,m4a,3gp\n D  rawvideo  raw video")).toEqual([]);
    expect(missingIn("bsfs", "Bitstream filters:\nsetts")).toEqual([]);
    const options =
      "-fps_mode[:<stream_spec>]  set\n-stats_period time\n-find_stream_info  read\n-enc_time_base ratio\n-progress url\n-copyinkf  copy";
    expect(missingIn("options", options)).toEqual([]);
    expect(missingIn("options", options.replace("-fps_mode", "-vsync"))).toEqual(["-fps_mode"]);
  });

  it("takes no word of a description for a name", () => {
    expect(missingIn("filters", " ... other V->V like trim, scale, pad")).toEqual([...requirements.filters]);
  });
});

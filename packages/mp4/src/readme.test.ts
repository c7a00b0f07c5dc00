import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { RECORDING_FILE } from "@camclips/testing/stage-world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileSource, readMovie, urlSource } from "./index.ts";

const run = promisify(execFile);

let folder: string;
const recording = await readFile(RECORDING_FILE);

/** Answers ranges, except under /whole. */
const server = createServer((request, response) => {
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  if (request.url === "/whole" || start === undefined) return response.end(recording);
  const body = recording.subarray(Number(start), Number(end) + 1);
  response.writeHead(206, { "content-range": `bytes ${start}-${end}/${recording.length}` });
  response.end(body);
});
const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/recording.mp4`;

beforeAll(async () => {
  // Inside the package, so that the example finds it by its name.
  folder = await mkdtemp(join(import.meta.dirname, "readme-"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

describe("the README's ten lines", () => {
  it("slice a file by its URL", async () => {
    const readme = await readFile(join(import.meta.dirname, "../README.md"), "utf8");
    const [, code = ""] = /```ts\n(.*?)```/s.exec(readme) ?? [];
    const script = join(folder, "example.mts");
    await writeFile(script, code.replace(/https:[^"]+/, url()));
    const { stdout } = await run(process.execPath, [script], { cwd: folder });
    expect(stdout).toMatch(/^\d+ of \d+ bytes; the slice starts at 12 s\n$/);
    const path = join(folder, "slice.mp4");
    expect((await stat(path)).size).toBeLessThan(recording.length / 2);
    const video = (await readMovie(await fileSource(path), path)).tracks[0];
    expect(video?.samples.count).toBe(15);
  });
});

describe("a file behind a URL", () => {
  it("is read as the file itself", async () => {
    const source = await urlSource(url());
    expect(source.size).toBe(recording.length);
    expect(Buffer.from(await source.read(100, 200))).toEqual(recording.subarray(100, 200));
    const streamed = Buffer.concat(await Array.fromAsync(source.stream(recording.length - 10, recording.length + 10)));
    expect(streamed).toEqual(recording.subarray(-10));
    expect(await source.read(recording.length, recording.length + 1)).toHaveLength(0);
  });

  it("is refused when its server sends whole files for ranges", async () => {
    await expect(urlSource(new URL("/whole", url()))).rejects.toThrow("HTTP 200, where 206 (a range) was expected");
  });
});

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { pipeline } from "@camclips/events";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);

/** Prints the modules that importing `url` loads, one a line, as Node resolves them. */
const LIST = `
import { registerHooks } from "node:module";
const loaded = new Set();
registerHooks({ load: (url, context, next) => { loaded.add(url); return next(url, context); } });
await import(process.argv[1]);
process.stdout.write([...loaded].join("\\n"));
`;

async function loadedBy(specifier: string): Promise<string[]> {
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", LIST, specifier], {
    cwd: import.meta.dirname,
  });
  return stdout.split("\n").filter((url) => url.startsWith("file:"));
}

const ours = (urls: readonly string[]) => urls.filter((url) => !url.includes("/node_modules/"));
const clients = (urls: readonly string[]) =>
  urls.filter((url) => /node_modules\/(@aws-sdk|@smithy|@aws-lambda-powertools|sst)\//.test(url));

describe("what is loaded before the first message", () => {
  it.each(pipeline.map(({ stage }) => stage))("%s loads no client of AWS and no ffmpeg", async (stage) => {
    const urls = await loadedBy(`@camclips/functions/${stage}`);
    expect(clients(urls)).toEqual([]);
    expect(urls.filter((url) => /packages\/media\/src\/(?!index|errors|media-engine)/.test(url))).toEqual([]);
  });

  it("record-event loads what it needs: 33 files at most", async () => {
    expect(ours(await loadedBy("@camclips/functions/record-event")).length).toBeLessThanOrEqual(33);
  });

  it("the runtime for one machine loads no client of AWS", async () => {
    const urls = await loadedBy(new URL("../../../local/src/index.ts", import.meta.url).href);
    expect(ours(urls).length).toBeGreaterThan(10);
    expect(clients(urls)).toEqual([]);
  });
});

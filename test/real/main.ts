import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { findFfmpeg } from "@camclips/media/engine";
import { JUDGED_SECONDS, judgeFile } from "./judge-file.ts";

const HELP = `Judges recordings of your own: cuts four clips out of each file of a folder, and compares every frame with what a
decoder shows of the file at that instant, and with its neighbours. Of long files the first ${JUDGED_SECONDS} s.

  npm run test:real -- ~/recordings
  npm run test:real -- ~/recordings --json      one line of JSON for each file
`;

const VIDEO = /\.(mp4|m4v|m4s|mov|3gp|mkv|webm|ts|mts|m2ts|avi)$/i;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "boolean" }, help: { type: "boolean" } },
  });
  const [folder] = positionals;
  if (values.help || folder === undefined) {
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  const names = (await readdir(folder, { recursive: true })).filter((name) => VIDEO.test(name)).sort();
  if (names.length === 0) {
    console.error(`${folder} holds no recordings (${VIDEO.source})`);
    return 2;
  }
  const ffmpeg = await findFfmpeg(process.env);
  const count = { right: 0, refused: 0, WRONG: 0 };
  for (const name of names) {
    const scratch = await mkdtemp(join(tmpdir(), "camclips-real-"));
    try {
      const verdict = await judgeFile(ffmpeg, resolve(folder, name), scratch);
      for (const clip of verdict.clips) count[clip.verdict]++;
      if (values.json) console.log(JSON.stringify(verdict));
      else {
        console.log(name);
        for (const clip of verdict.clips)
          console.log(`  ${clip.verdict.padEnd(7)}  ${clip.precision.padEnd(5)}  ${clip.range}  ${clip.result}`);
      }
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
  console.error(
    `${names.length} recordings: ${count.right} clips right, ${count.refused} refused, ${count.WRONG} wrong`,
  );
  return count.WRONG === 0 ? 0 : 1;
}

process.exitCode = await main();

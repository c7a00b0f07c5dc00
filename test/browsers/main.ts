import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type Browser, startChromium, startFirefox } from "./browser.ts";
import { cases, FIRST_CODE, FPS, makeClips } from "./clips.ts";
import { instants, isPlayed, judge } from "./judge.ts";
import { lookArguments, readLook } from "./page.ts";
import { serveClips } from "./serve.ts";

/** Every frame of clips that were cut over a join, as two real browsers show it: seeking to each, and playing. */

/** A browser that gets no time to draw may show a picture late: what is wrong with the clip is wrong each time it is played. */
const LOOKS = 3;

async function lookAt(browser: Browser, origin: string, clip: string): Promise<string[]> {
  const name = basename(clip);
  const once = async () => readLook(await browser.look(origin, lookArguments(`${origin}/${name}`, instants, 1 / FPS)));
  // Firefox ignores the edit list of a fast clip and starts at the keyframe before it: documented where `fast` is chosen.
  const early = browser.name === "firefox" && name.endsWith("-fast.mp4") ? FIRST_CODE : 0;
  let look = await once();
  let wrong = judge(look, early);
  for (let looks = 1; looks < LOOKS && wrong.length > 0 && wrong.every(isPlayed); looks++) {
    look = await once();
    wrong = judge(look, early);
  }
  const verdict =
    wrong.length > 0 ? `${wrong.length} wrong` : early > 0 ? `${early} frames early` : "every frame right";
  const played = look.played.map(({ code }) => code);
  const pictures = `${played.length} pictures played (${played[0]} to ${played.at(-1)})`;
  console.log(`${browser.name}  ${name}  ${look.seeked.length} seeks, ${pictures}: ${verdict}`);
  return wrong.map((line) => `${browser.name}  ${name}  ${line}`);
}

async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "camclips-browsers-"));
  const server = await serveClips(folder);
  const browsers: Browser[] = [];
  const wrong: string[] = [];
  try {
    for (const start of [startChromium, startFirefox]) browsers.push(await start());
    for (const kind of cases) {
      for (const clip of await makeClips(folder, kind)) {
        const players = browsers.filter(({ name }) => kind.only === undefined || kind.only === name);
        const looks = players.map((browser) => lookAt(browser, server.origin, clip));
        wrong.push(...(await Promise.all(looks)).flat());
      }
    }
  } finally {
    server.close();
    for (const browser of browsers) await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
  for (const line of wrong) console.error(line);
  return wrong.length === 0 ? 0 : 1;
}

process.exitCode = await main();

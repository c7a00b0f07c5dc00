import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { CODE_COLUMNS, CODE_HEIGHT, CODE_ROWS, readBlocks } from "../../packages/media/src/synthetic/frame-code.ts";
import { until } from "../../packages/testing/src/folders.ts";
import { PIER_START, startTestService, type TestService } from "../../packages/testing/src/test-service.ts";
import { launchChromium, launchFirefox } from "./browser.ts";
import { addClips, deskConsole } from "./console-worlds.ts";
import { hoverInPlyr } from "./plyr.ts";

/**
 * The console in two real browsers: a clip is asked for by dragging, is seen to be made, and plays; each of its frames is the
 * one of the wall clock beside it. axe-core finds nothing on any page, light and dark, wide and as narrow as a phone.
 *
 *   npm run test:console [-- FOLDER]      screenshots go into the folder
 */
const FPS = 25;
const SECONDS = 2;
const WIDE = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 800 };
const MANY = 100_000;
const FIRST_PAINT_MS = 1000;
const PATIENCE = { timeout: 90_000 };

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const [, , shots] = process.argv;
const wrong: string[] = [];

function expect(isSo: boolean, problem: string): void {
  if (!isSo) wrong.push(problem);
}

/** What axe finds against WCAG 2.2 AA, a line each. */
async function accessibility(page: Page, name: string): Promise<void> {
  await page.evaluate(axe);
  const found = (await page.evaluate(
    `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then(({ violations }) =>
      JSON.stringify(violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html.slice(0, 120)).join(" | "))))`,
  )) as string;
  for (const line of JSON.parse(found)) wrong.push(`${name}: ${line}`);
}

async function shoot(page: Page, name: string): Promise<void> {
  if (shots) await page.screenshot({ path: join(shots, `${name.replaceAll(/\W+/g, "-")}.png`) });
}

/** Drags over the camera's row, and asks for what that chose. */
async function askByDragging(page: Page): Promise<void> {
  await page.waitForSelector(".track canvas");
  await page.waitForNetworkIdle();
  const box = await page.$eval(".track", (track) => {
    const { left, top, width } = track.getBoundingClientRect();
    return { left, top, width };
  });
  const at = (share: number) => [box.left + 150 + (box.width - 150) * share, box.top + 34 + 23] as const;
  await page.mouse.move(...at(0.9));
  await page.mouse.down();
  await page.mouse.move(...at(0.92), { steps: 3 });
  await page.mouse.move(...at(0.94), { steps: 3 });
  await page.mouse.up();
  await page.waitForSelector("form.ask");
}

/** The code on the picture, the wall clock beside it, and the subtitles. */
async function seen(page: Page): Promise<{ code: number | null; clock: string; text: string }> {
  const answer = await page.evaluate(
    (columns, rows, height) => {
      const video = document.querySelector("video");
      const canvas = document.createElement("canvas");
      canvas.width = video?.videoWidth ?? 0;
      canvas.height = video?.videoHeight ?? 0;
      const context = canvas.getContext("2d");
      if (video) context?.drawImage(video, 0, 0);
      const band = (2 * Math.round((canvas.height * height) / 2)) / rows;
      const blocks: boolean[] = [];
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          const x = Math.floor(((column + 0.5) * canvas.width) / columns);
          blocks.push((context?.getImageData(x, Math.floor((row + 0.5) * band), 1, 1).data[1] ?? 0) > 127);
        }
      const [cue] = video?.textTracks[0]?.activeCues ?? [];
      return {
        blocks,
        text: (cue as VTTCue | undefined)?.text ?? "",
        clock: document.querySelector(".clock")?.textContent ?? "",
      };
    },
    CODE_COLUMNS,
    CODE_ROWS,
    CODE_HEIGHT,
  );
  return { code: readBlocks(answer.blocks), clock: answer.clock, text: answer.text };
}

/** The tile over the console's own bar, and the moving picture in the list of clips. */
async function lookAtPreview(name: string, page: Page): Promise<void> {
  const bar = await page.waitForSelector(".storyboard input", PATIENCE);
  const box = await bar?.boundingBox();
  await page.waitForNetworkIdle({ idleTime: 300, concurrency: 2 });
  if (box) await page.mouse.move(box.x + box.width * 0.6, box.y + box.height / 2);
  await page.waitForSelector(".storyboard .tip:not([hidden])", PATIENCE);
  const tile = await page.$eval(".storyboard .tile", (element) => getComputedStyle(element).backgroundImage);
  expect(tile.includes("/preview/storyboard.jpg"), `${name}: the bar shows ${tile} instead of a tile`);
  await shoot(page, `${name} storyboard`);
  const clip = new URL(page.url()).hash;
  await page.evaluate("location.hash = '#/clips'");
  await page.waitForSelector(".clips img.thumb", PATIENCE);
  await page.hover(".clips li:has(img.thumb)");
  const moving = "/preview/animated.webp";
  await page
    .waitForFunction(
      (part) => {
        const picture = document.querySelector<HTMLImageElement>(".clips li:has(img.thumb) img.thumb");
        return picture?.src.endsWith(part) && picture.complete && picture.naturalWidth === 240;
      },
      PATIENCE,
      moving,
    )
    .catch(() => expect(false, `${name}: no picture of the list moves`));
  await page.evaluate((hash) => {
    location.hash = hash;
  }, clip);
}

/** The page of a clip that is a copy of another one leads there. */
async function lookAtCopy(name: string, page: Page, url: string): Promise<void> {
  await page.goto(`${url}/#/clips/copied`);
  await page.waitForSelector("dd a[href='#/clips/previewed']", PATIENCE);
  await shoot(page, `${name} copy`);
  await accessibility(page, `${name}, copy`);
  await page.click("dd a[href='#/clips/previewed']");
  await page.waitForFunction("document.querySelector('h1')?.textContent === 'previewed'", PATIENCE);
}

/** What was logged of the clip, under what happened to it. */
async function lookAtLog(name: string, page: Page): Promise<void> {
  await page.$$eval("summary", (all) => all.find(({ textContent }) => textContent === "Log")?.click());
  await page
    .waitForFunction(() => document.querySelector("details[open] pre")?.textContent?.includes("publish-clip"), PATIENCE)
    .catch(() => expect(false, `${name}: the log of a clip does not say who published it`));
  await page.$eval("details[open] pre", (lines) => lines.scrollIntoView());
  await shoot(page, `${name} log`);
  await accessibility(page, `${name}, log`);
  await page.evaluate("scrollTo(0, 0)");
}

async function lookAt(name: string, page: Page, world: TestService): Promise<void> {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.setViewport(WIDE);
  await page.goto(`${world.url}/`);
  await page.select("#zone", "utc");
  await askByDragging(page);
  await shoot(page, `${name} timeline`);
  await accessibility(page, `${name}, timeline`);
  await page.type("form.ask input[name=title]", `Asked in ${name}`);
  await page.click("form.ask button[type=submit]");
  await page.waitForSelector(".toast a", PATIENCE);
  await page.click(".toast a");
  await page.waitForSelector("video", PATIENCE);
  await page.waitForFunction(() => (document.querySelector("video")?.readyState ?? 0) >= 2, PATIENCE);
  await shoot(page, `${name} clip`);
  await accessibility(page, `${name}, clip`);
  for (let frame = 0; frame < 4; frame++) {
    const buttons = await page.$$(".player-bar button");
    await buttons[1]?.click();
    await page.waitForFunction(() => document.querySelector("video")?.seeking === false, PATIENCE);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { code, clock, text } = await seen(page);
    const wallMs = Date.parse(`2026-01-01T${clock}Z`) - PIER_START;
    // Recordings of two seconds, whose frames count from 0; a step may end just before its frame's own time.
    const codes = [-2, 0, 2].map((off) => Math.floor((((wallMs + off) % (SECONDS * 1000)) * FPS) / 1000));
    const texts = [-2, 0, 2].map((off) =>
      new Date(PIER_START + wallMs + off).toISOString().slice(0, 19).replace("T", " "),
    );
    expect(
      texts.some((time) => text === `${time} UTC  pier`),
      `${name}: at ${clock} the subtitles say ${text}`,
    );
    expect(
      code !== null && codes.includes(code),
      `${name}: at ${clock} the picture is ${code}, not ${codes.join(" or ")}`,
    );
  }

  await lookAtLog(name, page);
  await lookAtPreview(name, page);
  const other = await page.browser().newPage();
  await other.setViewport(WIDE);
  const inPlyr = await hoverInPlyr(other, `${world.url}/clips/previewed`, PATIENCE);
  wrong.push(...inPlyr.map((line) => `${name}: ${line}`));
  await other.close();

  for (const scheme of ["light", "dark"] as const) {
    for (const viewport of [WIDE, PHONE]) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]).catch(() => {});
      await page.setViewport(viewport);
      for (const hash of ["#/", "#/clips", "#/groups", "#/groups/incident-7", "#/operations"]) {
        await page.goto(`${world.url}/${hash}`);
        await page.waitForSelector("h1");
        await page.waitForNetworkIdle({ idleTime: 300, concurrency: 1 });
        const label = `${name}, ${hash}, ${scheme}, ${viewport.width}`;
        await accessibility(page, label);
        await shoot(page, label);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow <= 0, `${label}: the page is ${overflow} px too wide`);
      }
    }
  }
  await lookAtCopy(name, page, world.url);
  await lookElsewhere(name, page, world);
  for (const error of errors) wrong.push(`${name}: ${error}`);
}

/** The page of a place that is no service: what it cannot answer is not there, and the rest works. */
async function lookElsewhere(name: string, page: Page, world: TestService): Promise<void> {
  await using desk = await deskConsole(world);
  await page.setViewport(WIDE);
  await page.goto(`${desk.url}/#/login/${desk.token}`);
  await page.waitForSelector("ul.clips a.name", PATIENCE);
  expect(!page.url().includes(desk.token), `${name}: the token stays in the address`);
  expect((await page.$("nav a[data-page=timeline]:not([hidden])")) === null, `${name}: a timeline is offered`);
  await shoot(page, `${name} elsewhere clips`);
  await accessibility(page, `${name}, clips elsewhere`);
  await page.click("ul.clips a.name");
  await page.waitForSelector("video", PATIENCE);
  await page.waitForFunction(() => (document.querySelector("video")?.readyState ?? 0) >= 2, PATIENCE);
  await shoot(page, `${name} elsewhere clip`);
  await page.goto(`${desk.url}/#/operations`);
  await page.waitForSelector("#look", PATIENCE);
  await page.click("#look");
  await page.waitForSelector("button[id^=redrive-]", PATIENCE);
  await shoot(page, `${name} elsewhere operations`);
  await accessibility(page, `${name}, operations elsewhere`);
}

/** The best of some tries: other programs take their time, too. */
async function firstPaint(page: Page, url: string): Promise<number> {
  const times: number[] = [];
  for (let load = 0; load < 3; load++) {
    await page.goto("about:blank");
    await page.goto(url);
    await page.waitForSelector("ul.clips a.name", PATIENCE);
    times.push(await page.evaluate(() => performance.now()));
  }
  return Math.min(...times);
}

if (shots) await mkdir(shots, { recursive: true });
await using world = await startTestService("settings: { PREVIEWS: animated, CLIP_CLOCK: track }");
await using many = await startTestService();
await addClips(many, MANY);
await world.call("/clips", { json: { camera: "pier", start: PIER_START - 9000, end: PIER_START - 8000 } });
await until(async () => (await world.json("/operations")).index.complete);
const whole = { camera: "pier", start: PIER_START, end: PIER_START + 4000, clipId: "previewed" };
await world.call("/clips", { json: whole });
await until(async () => (await world.json("/clips/previewed")).links.storyboard !== undefined);
await world.call("/clips", { json: { ...whole, clipId: "copied" } });
await until(async () => (await world.json("/clips/copied")).metadata?.reusedFrom === "previewed");
const item = { camera: "pier", start: PIER_START, end: PIER_START + 1000 };
const items = [
  item,
  { ...item, start: PIER_START + 200 },
  { ...item, start: PIER_START - 9000, end: PIER_START - 8000 },
];
await world.call("/groups", { json: { groupId: "incident-7", items } });
await world.call("/groups", { json: { groupId: "incident-8", items: [item] } });
const isDecided = async (group: string) => (await world.json(`/groups/${group}`)).status !== "GROUP_PENDING";
await until(async () => (await isDecided("incident-7")) && (await isDecided("incident-8")));
for (const launch of [launchChromium, launchFirefox]) {
  const { name, driver } = await launch();
  try {
    await lookAt(name, await driver.newPage(), world);
    const paintedMs = await firstPaint(await driver.newPage(), `${many.url}/#/clips`);
    expect(paintedMs < FIRST_PAINT_MS, `${name}: ${MANY} clips are listed after ${paintedMs.toFixed(0)} ms`);
    console.log(`${name}: looked at the console; ${MANY} clips are listed after ${paintedMs.toFixed(0)} ms`);
  } finally {
    await driver.close();
  }
}
wrong.push(...world.errors);
for (const line of wrong) console.error(line);
process.exitCode = wrong.length === 0 ? 0 : 1;

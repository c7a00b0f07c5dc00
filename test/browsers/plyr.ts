import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Page } from "puppeteer-core";
import { CODE_COLUMNS, CODE_HEIGHT, CODE_ROWS, readBlocks } from "../../packages/media/src/synthetic/frame-code.ts";

/** A player that others make, which knows thumbnails tracks: what it shows over its bar is the tile of that time. */

const main = createRequire(import.meta.url).resolve("plyr");
const script = await readFile(main, "utf8");
const style = await readFile(join(dirname(main), "plyr.css"), "utf8");

/** Of the clip: recordings of two seconds, a keyframe every second. Plyr takes no time of a clip's last second. */
const HOVERED = [
  { share: 0.1, code: 0 },
  { share: 0.4, code: 25 },
  { share: 0.6, code: 0 },
];

/** @param clip address of a clip of four seconds, which has a storyboard. @returns what is wrong. */
export async function hoverInPlyr(page: Page, clip: string, patience: { timeout: number }): Promise<string[]> {
  await page.goto(new URL("/", clip).href);
  await page.evaluate(script);
  await page.evaluate(
    (address, rules) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(rules);
      document.adoptedStyleSheets = [sheet];
      document.body.innerHTML = `<video controls preload="metadata" src="${address}/clip.mp4"></video>`;
      const { Plyr } = window as unknown as { Plyr: new (video: Element | null, options: object) => unknown };
      const previewThumbnails = { enabled: true, src: `${address}/preview/storyboard.vtt` };
      new Plyr(document.querySelector("video"), { previewThumbnails, loadSprite: false, iconUrl: "/icon.svg" });
    },
    clip,
    style,
  );
  await page.waitForFunction(() => (document.querySelector("video")?.readyState ?? 0) >= 1, patience);
  await page.waitForSelector(".plyr__preview-thumb", patience);
  const wrong: string[] = [];
  for (const { share, code } of HOVERED) {
    const box = await (await page.$(".plyr__progress input"))?.boundingBox();
    if (!box) return ["Plyr has no bar"];
    await page.mouse.move(box.x + box.width * share - 3, box.y + box.height / 2);
    await page.mouse.move(box.x + box.width * share, box.y + box.height / 2, { steps: 3 });
    await page.waitForSelector(".plyr__preview-thumb--is-shown img", patience);
    await page.waitForNetworkIdle({ idleTime: 300, concurrency: 2 });
    const shown = readBlocks(await shownBlocks(page));
    if (shown !== code) wrong.push(`over its bar at ${share} Plyr shows the picture ${shown}, not ${code}`);
  }
  return wrong;
}

/** The code of the part of the sprite that shows through the player's frame. */
function shownBlocks(page: Page): Promise<boolean[]> {
  return page.evaluate(
    (columns, rows, height) => {
      const images = document.querySelectorAll<HTMLImageElement>(".plyr__preview-thumb__image-container img");
      const image = images[images.length - 1];
      const frame = image?.parentElement;
      if (!image || !frame) return [];
      const scale = image.naturalHeight / image.clientHeight;
      const [left, top] = [-Number.parseFloat(image.style.left || "0"), -Number.parseFloat(image.style.top || "0")];
      const size = { width: frame.clientWidth * scale, height: frame.clientHeight * scale };
      const canvas = Object.assign(document.createElement("canvas"), size);
      const context = canvas.getContext("2d");
      context?.drawImage(image, -left * scale, -top * scale);
      const blocks: boolean[] = [];
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          const x = Math.floor(((column + 0.5) * canvas.width) / columns);
          const y = Math.floor(((row + 0.5) * canvas.height * height) / rows);
          blocks.push((context?.getImageData(x, y, 1, 1).data[1] ?? 0) > 127);
        }
      return blocks;
    },
    CODE_COLUMNS,
    CODE_ROWS,
    CODE_HEIGHT,
  );
}

import { statSync } from "node:fs";
import { delimiter, join } from "node:path";
import puppeteer, { type Browser as Driver, type LaunchOptions } from "puppeteer-core";
import { look } from "./page.ts";

/** A browser without a window that opens a page and looks at a clip there. */
export interface Browser {
  name: string;
  look(url: string, clip: Parameters<typeof look>): ReturnType<typeof look>;
  close(): Promise<void>;
}

/** Whatever the pictures of one clip take on a busy machine. */
const ANSWER_MS = 180_000;
const START_MS = 60_000;

/** A browser as puppeteer drives it. */
export interface Launched {
  name: string;
  driver: Driver;
}

/** Chromium, over the Chrome DevTools Protocol. */
export const launchChromium = (): Promise<Launched> =>
  launch("chromium", {
    browser: "chrome",
    args: [
      ...["--no-sandbox", "--disable-gpu", "--mute-audio", "--autoplay-policy=no-user-gesture-required"],
      // Nothing but the clips is asked for, so that it also runs where the outside cannot be reached.
      ...["--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ],
  });

/** Firefox, over WebDriver BiDi. Without these it waits for a click before it plays, and asks its makers for updates. */
export const launchFirefox = (): Promise<Launched> =>
  launch("firefox-esr", {
    browser: "firefox",
    extraPrefsFirefox: {
      "media.autoplay.default": 0,
      "app.update.enabled": false,
      "datareporting.policy.dataSubmissionEnabled": false,
    },
  });

export const startChromium = async (): Promise<Browser> => looking(await launchChromium());
export const startFirefox = async (): Promise<Browser> => looking(await launchFirefox());

async function launch(program: string, options: LaunchOptions): Promise<Launched> {
  const driver = await puppeteer.launch({
    ...options,
    executablePath: onPath(program),
    timeout: START_MS,
    protocolTimeout: ANSWER_MS,
  });
  return { name: program.replace("-esr", ""), driver };
}

function looking({ name, driver }: Launched): Browser {
  return {
    name,
    async look(url, clip) {
      const page = await driver.newPage();
      await page.goto(url);
      const answer = await page.evaluate(look, ...clip);
      await page.close();
      return answer;
    },
    close: () => driver.close(),
  };
}

function onPath(program: string): string {
  const path = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, program));
  const found = path.find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
  if (found) return found;
  throw new Error(`${program} is missing; on Debian: apt-get install -y chromium firefox-esr`);
}

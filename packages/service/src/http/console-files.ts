import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Problem } from "./problem.ts";
import { sendFile } from "./send-file.ts";

/** By the package's name: this file may be part of a bundle that lies elsewhere. */
const FOLDER = dirname(createRequire(import.meta.url).resolve("@camclips/service/console/index.html"));

const MIME: Record<string, string> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** Known beforehand: no path of a request ever reaches the disk. */
const files = new Set(readdirSync(FOLDER).filter((name) => MIME[name.slice(name.lastIndexOf(".") + 1)] !== undefined));

/** The console's page and what it is made of. @throws Problem 404 */
export async function consoleFile(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const name = pathname === "/" ? "index.html" : pathname.slice(1);
  const contentType = MIME[name.slice(name.lastIndexOf(".") + 1)];
  if (!files.has(name) || contentType === undefined)
    throw new Problem(404, `there is nothing at ${pathname.slice(0, 200)}`);
  return sendFile(request, join(FOLDER, name), { contentType, cacheControl: "no-cache" });
}

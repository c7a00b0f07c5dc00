import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { exclusively } from "./exclusively.ts";
import { projectRoot } from "./paths.ts";

const platform = join(projectRoot, ".sst/platform");

/** The engine SST 4.17 insists on. Another version makes SST download its own: change it together with SST's. */
const PULUMI_VERSION = "v3.215.0";

/**
 * Makes sure that `.sst/platform` (SST's component sources and types) is there and belongs to the installed SST.
 *
 * `sst install` writes it, but first downloads a Pulumi engine from GitHub, which types and graph tests do not need.
 * With a stand-in engine in a temporary config home the npm registry is enough; the user's config home is not touched.
 * @throws Error with SST's own output when the installation fails.
 */
export async function ensurePlatform(): Promise<void> {
  if (platformIsCurrent()) return;
  // Several evaluations, in the processes of several test files, may ask at once.
  await exclusively(join(projectRoot, ".sst/platform.lock"), async () => {
    if (!platformIsCurrent()) await installPlatform();
  });
}

async function installPlatform(): Promise<void> {
  console.error("Installing SST's platform into .sst/platform (once, less than a minute) ...");
  const configHome = await mkdtemp(join(tmpdir(), "camclips-sst-"));
  try {
    await writeStandIn(join(configHome, "sst/bin/pulumi"));
    await rm(platform, { recursive: true, force: true });
    await install(configHome);
  } finally {
    await rm(configHome, { recursive: true, force: true });
  }
  if (!platformIsCurrent()) throw new Error("`sst install` left no platform in .sst/platform");
}

/** `config.d.ts` is the last file that SST writes. */
function platformIsCurrent(): boolean {
  const version = join(platform, "version");
  if (!existsSync(join(platform, "config.d.ts")) || !existsSync(version)) return false;
  const installed = JSON.parse(readFileSync(join(projectRoot, "node_modules/sst/package.json"), "utf8"));
  return readFileSync(version, "utf8").trim() === installed.version;
}

/** An engine that only knows its version: all that SST asks of it here. */
async function writeStandIn(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho ${PULUMI_VERSION}\n`);
  await chmod(path, 0o755);
}

async function install(configHome: string): Promise<void> {
  // An `npm run` around us would hand its own configuration down to the npm that SST starts.
  const inherited = Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith("npm_"));
  const environment = {
    ...Object.fromEntries(inherited),
    XDG_CONFIG_HOME: configHome,
    SST_NO_BUN: "1",
    SST_TELEMETRY_DISABLED: "1",
    SST_STAGE: "platform",
  };
  const sst = join(projectRoot, "node_modules/.bin/sst");
  try {
    await promisify(execFile)(sst, ["install"], { cwd: projectRoot, env: environment });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`\`sst install\` failed:\n${stdout}${stderr}`, { cause: error });
  }
}

if (import.meta.main) await ensurePlatform();

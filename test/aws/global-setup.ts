import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFfmpeg } from "@camclips/media/engine";
import type { TestProject } from "vitest/node";
import { bundleHandlers } from "../../tools/resource-graph/evaluation/bundle-handlers.ts";
import { ensurePlatform } from "../../tools/resource-graph/platform.ts";
import { startEmulator } from "./emulator/start.ts";

declare module "vitest" {
  interface ProvidedContext {
    emulator: { endpoint: string; certificate: string | undefined };
    /** The machine's ffmpeg: a bundle's own cannot run on the emulator. */
    ffmpeg: string;
    /** Folder of the handlers' bundles, the same for all deployments. */
    bundles: string;
  }
}

/** One emulator for all test files; each file deploys into an account of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await ensurePlatform();
  const bundles = await mkdtemp(join(tmpdir(), "camclips-bundles-"));
  await bundleHandlers(bundles);
  project.provide("bundles", bundles);
  const emulator = await startEmulator();
  const { endpoint, certificate } = emulator;
  project.provide("emulator", { endpoint, certificate });
  project.provide("ffmpeg", await findFfmpeg(process.env));
  return async () => {
    await emulator[Symbol.asyncDispose]();
    await rm(bundles, { recursive: true, force: true });
  };
}

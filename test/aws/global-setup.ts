import type { TestProject } from "vitest/node";
import { ensurePlatform } from "../../infra/platform.ts";
import { startEmulator } from "./emulator/start.ts";

declare module "vitest" {
  interface ProvidedContext {
    emulator: { endpoint: string; certificate: string | undefined; pid: number | undefined };
    /** The machine's ffmpeg: a bundle's own cannot run on the emulator. */
    ffmpeg: string;
  }
}

/** One emulator for all test files; each file deploys into an account of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await ensurePlatform();
  const emulator = await startEmulator();
  const { endpoint, certificate, pid } = emulator;
  project.provide("emulator", { endpoint, certificate, pid });
  project.provide("ffmpeg", process.env.FFMPEG_BIN || "/usr/bin/ffmpeg");
  return async () => emulator[Symbol.asyncDispose]();
}

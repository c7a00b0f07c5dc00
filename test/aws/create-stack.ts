import { inject } from "vitest";
import { Stack } from "./stack.ts";

/** Deploys a stage of its own for a test file, on what the global set-up has started. */
export function createStack(settings: Record<string, string> = {}): Promise<Stack> {
  const ground = { emulator: inject("emulator"), bundles: inject("bundles"), ffmpeg: inject("ffmpeg") };
  return Stack.create(ground, settings);
}

import { inject } from "vitest";
import type { Clients } from "./clients.ts";
import { Stack } from "./stack.ts";

/**
 * Deploys a stage of its own for a test file, on what the global set-up has started.
 * @param prepare makes what the stage finds in its account.
 */
export function createStack(
  settings: Record<string, string> = {},
  prepare?: (clients: Clients) => Promise<void>,
): Promise<Stack> {
  const ground = { emulator: inject("emulator"), bundles: inject("bundles"), ffmpeg: inject("ffmpeg") };
  return Stack.create(ground, settings, prepare);
}

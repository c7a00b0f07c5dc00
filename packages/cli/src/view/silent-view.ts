import type { View } from "./view.ts";

/** Shows nothing: results are told by whoever asked. Warnings go where people read them. */
export const silentView: View = {
  event() {},
  progress() {},
  note: (text) => process.stderr.write(`camclips: ${text}\n`),
  close() {},
};

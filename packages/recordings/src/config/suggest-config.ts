import { layouts } from "../layout/presets.ts";
import type { Recognised } from "../layout/recognise.ts";

export interface Found {
  /** As it will stand in the file. */
  folder: string;
  /** Undefined when no layout is known that fits. */
  recognised: Recognised | undefined;
  /** One file of the folder. */
  sample: string | undefined;
  /** Zone of this machine. */
  zone: string;
}

/** A commented configuration for a folder of recordings. */
export function suggestConfig({ folder, recognised, sample, zone }: Found): string {
  const layout = recognised?.layout;
  const isUtc = layout !== undefined && "utc" in layouts[layout];
  return `# What "camclips serve" serves. Checked as a whole when it starts: every problem is told with its line.
# yaml-language-server: $schema=./camclips.config.schema.json

recordings:
  - folder: ${JSON.stringify(folder)}
${layoutLines(layout, sample)}
${isUtc ? "    # Names of this recorder are in UTC." : `    # Time zone of the times in the files' names. Where clocks are set back, the first of two hours counts,\n    # unless a file was last written within half an hour of the second.\n    zone: ${zone}`}
    # ignore: ["**/thumbnails/**", "**/*.part.mp4"]

# Cameras are found by their recordings. What differs for one of them stands here.
cameras: {}
${(recognised?.cameras ?? []).map((camera) => `#  ${JSON.stringify(camera)}:\n#    title: A name for people\n#    clockAheadMs: 0        # how far its clock is ahead\n`).join("")}
# Finished clips, and everything that has to survive a restart.
clips: clips
state: .camclips/service

# A request in a file (*.json, as "camclips event" writes it) that appears here is taken.
# requests: requests

# Only this machine can reach the service. Any other address needs tokens: "camclips token NAME" makes one.
listen: 127.0.0.1:8420
# tokens:
#   - { name: office, scope: view, sha256: ... }

# Settings of the pipeline (README.md, "Settings").
settings:
  VIDEO_MAX_LEN: 300       # longest clip, seconds
  SQS_RETRY_LIMIT: 900     # seconds during which missing footage is waited for
  THUMBNAIL_SIZES: [300, 640]
`;
}

function layoutLines(layout: string | undefined, sample: string | undefined): string {
  if (layout !== undefined) return `    layout: ${layout}`;
  return `    # No known recorder names files like ${sample ?? "these"}. Say how yours does, in strftime tokens and {camera}, without the
    # ending; docs/recordings.md lists layouts and tokens.
    layout: "{camera}/%Y-%m-%d_%H-%M-%S"`;
}

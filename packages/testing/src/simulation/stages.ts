import {
  type AnyFact,
  ClipRendered,
  type ClipRequest,
  RequestAccepted,
  SourcesDownloaded,
  SourcesLocated,
  type StageName,
  ThumbnailsRendered,
} from "@camclips/events";
import type { Deps } from "@camclips/functions";
import { defineStage, type StageHandler } from "../../../functions/src/runtime/process.ts";
import { acceptRequest } from "../../../functions/src/stages/accept-request.ts";
import { checkDeadline } from "../../../functions/src/stages/check-deadline.ts";
import { publishClip } from "../../../functions/src/stages/publish-clip.ts";
import { recordEvent } from "../../../functions/src/stages/record-event.ts";
import { scheduleRetry } from "../../../functions/src/stages/schedule-retry.ts";
import { watchClips } from "../../../functions/src/stages/watch-clips.ts";
import { sampleData } from "../sample-events.ts";

/** What the stages have in simulated time: no buckets, no media, and work that is waited for. */
export type SimulatedDeps = Omit<Deps, "origin" | "work" | "destination" | "scratch" | "media" | "onProgress"> & {
  /** As long as the stage's work takes. */
  work(): Promise<void>;
  destination: Pick<Deps["destination"], "info">;
};

type Handlers = Record<StageName, StageHandler<SimulatedDeps>>;

/** The stages that decide and tell are the real ones; those that read and cut only take their time, and find everything. */
export function simulatedStages(): Handlers {
  return {
    "accept-request": after(acceptRequest),
    "locate-sources": taking("locate-sources", RequestAccepted, (request) =>
      SourcesLocated.happened({ ...sampleData.SourcesLocated, request }),
    ),
    "download-sources": taking("download-sources", SourcesLocated, (request) =>
      SourcesDownloaded.happened({ ...sampleData.SourcesDownloaded, request }),
    ),
    "render-clip": taking("render-clip", SourcesDownloaded, (request) =>
      ClipRendered.happened({ ...sampleData.ClipRendered, request }),
    ),
    "render-thumbnails": taking("render-thumbnails", ClipRendered, (request) =>
      ThumbnailsRendered.happened({ ...sampleData.ThumbnailsRendered, request }),
    ),
    "publish-clip": after(publishClip),
    "schedule-retry": scheduleRetry,
    "check-deadline": checkDeadline,
    "record-event": recordEvent,
    // Nobody waits for footage here.
    "wake-clips": { name: "wake-clips", read: () => undefined, run: async () => [] },
    "watch-clips": watchClips,
  };
}

type Taken = typeof RequestAccepted | typeof SourcesLocated | typeof SourcesDownloaded | typeof ClipRendered;

const taking = (
  name: StageName,
  takes: Taken,
  leadTo: (request: ClipRequest) => AnyFact,
): StageHandler<SimulatedDeps> =>
  defineStage(name, [takes], async ({ data }, { work }: Pick<SimulatedDeps, "work">) => {
    await work();
    return [leadTo(data.request)];
  });

/** A real stage, once its time has passed. */
function after<Needs>(stage: StageHandler<Needs>): StageHandler<Needs & Pick<SimulatedDeps, "work">> {
  return {
    ...stage,
    async run(message, event, deps, signal) {
      await deps.work();
      return stage.run(message, event, deps, signal);
    },
  };
}

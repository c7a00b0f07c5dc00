import { lambdaHandler } from "../lambda/handler.ts";
import type { Deps } from "../runtime/deps.ts";
import type { StageHandler, WrapperDeps } from "../runtime/process.ts";

type Needs = WrapperDeps & Pick<Deps, "records">;

/**
 * Tells the age of the clip that has been worked on for longest. A clip that no stage touches any more shows nowhere else before
 * its deadline; and an age that is not told any more says that this very stage stands still.
 */
export const watchClips: StageHandler<Needs> = {
  name: "watch-clips",
  read: () => undefined,
  async run(_message, _event, { records, clock, metrics }, signal) {
    metrics.add("OldestWorkingMs", await oldestWorkingMs({ records, clock }, signal), "Milliseconds");
    return [];
  },
};

async function oldestWorkingMs({ records, clock }: Pick<Needs, "records" | "clock">, signal: AbortSignal) {
  for await (const { sinceMs } of records.inState("working", { oldestFirst: true }, signal))
    return Math.max(0, clock.now() - sinceMs);
  return 0;
}

export const handler = lambdaHandler(watchClips);

import { type ReadRequest, readRequest } from "@camclips/core";
import { readGroup } from "@camclips/core/group";
import { lambdaHandler } from "../lambda/handler.ts";
import { type AcceptDeps, acceptClip, wasAccepted } from "../runtime/accept-clip.ts";
import { acceptGroup } from "../runtime/accept-group.ts";
import type { StageHandler } from "../runtime/process.ts";

/** Reads a caller's request, for a clip or for a group of them, claims its clipIds, and has its deadlines watched. */
export const acceptRequest: StageHandler<AcceptDeps> = {
  name: "accept-request",
  read: () => undefined,
  async run(message, _, deps, signal) {
    const { body, sentMs } = message;
    const group = readGroup(body, sentMs);
    if (group) return acceptGroup(group, deps, signal);
    const read = readRequest(body, sentMs);
    if (await wasWoken(read, deps, signal)) return [];
    return [await acceptClip(read, message, deps, signal)];
  },
};

/** The schedule of an attempt that new footage has brought forward: the attempt was made. */
async function wasWoken(read: ReadRequest, deps: AcceptDeps, signal: AbortSignal): Promise<boolean> {
  const { EARLY_WAKE } = deps.settings;
  return EARLY_WAKE && read.readable && read.request.retryTimestamps.length > 0
    ? wasAccepted(read.request, deps, signal)
    : false;
}

export const handler = lambdaHandler(acceptRequest);

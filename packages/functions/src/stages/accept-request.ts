import { readRequest } from "@camclips/core";
import { readGroup } from "@camclips/core/group";
import { lambdaHandler } from "../lambda/handler.ts";
import { type AcceptDeps, acceptClip } from "../runtime/accept-clip.ts";
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
    return [await acceptClip(readRequest(body, sentMs), message, deps, signal)];
  },
};

export const handler = lambdaHandler(acceptRequest);

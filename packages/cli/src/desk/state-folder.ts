import { dirname } from "node:path";
import type { Desk, QueueDepth } from "@camclips/functions";
import { createLocalDesk, operatorPorts, StateFile } from "@camclips/local";
import { UsageError } from "../exit-codes.ts";
import { findInState, pipelineFilesIn } from "./state-files.ts";

const clock = { now: Date.now };

const UNKNOWN = { kind: "unknown" } as const;
type Unknown = typeof UNKNOWN;

const deskOf = (name: string, file: StateFile, path: string): Desk =>
  createLocalDesk({ name, file, folder: dirname(path), clock, ports: operatorPorts(file, clock) });

/** A state folder: every pipeline that left some state there, the one whose state grew last first. */
export function stateFolderDesk(state: string): Desk {
  /** What the first of them says. */
  const first = <T>(ask: (desk: Desk) => Promise<T | undefined>, access = { readOnly: true }) =>
    findInState(state, (file, path) => ask(deskOf(state, file, path)), access);
  /** Of the first that knows the clip. */
  const firstKnown = async <T extends { kind: string }>(act: (desk: Desk) => Promise<T | Unknown>) => {
    const known = async (desk: Desk) => {
      const result = await act(desk);
      return result.kind === "unknown" ? undefined : result;
    };
    return (await first(known, { readOnly: false })) ?? UNKNOWN;
  };
  /** What all of them say. */
  const all = async <T>(ask: (desk: Desk) => Promise<T>, access = { readOnly: true }): Promise<T[]> => {
    const answers: T[] = [];
    await findInState(
      state,
      async (file, path) => {
        answers.push(await ask(deskOf(state, file, path)));
        return undefined;
      },
      access,
    );
    return answers;
  };

  /** Of a pipeline that takes requests. */
  const atPipeline = async (send: (desk: Desk) => Promise<void>) => {
    const [path] = pipelineFilesIn(state);
    if (path === undefined)
      throw new UsageError(
        `no pipeline keeps its state in ${state}: name a running service with --server, or a deployed stage with --stage`,
      );
    using file = new StateFile(path);
    await send(deskOf(state, file, path));
  };

  return {
    name: state,
    async *clips(wanted) {
      yield* latestOf(await all((desk) => Array.fromAsync(desk.clips(wanted))), ({ clipId }) => clipId);
    },
    clip: (clipId) => first((desk) => desk.clip(clipId)),
    latest: () => first((desk) => desk.latest()),
    async history(clipId) {
      const found = await first(async (desk) => {
        const events = await desk.history(clipId);
        return events.length > 0 ? events : undefined;
      });
      return found ?? [];
    },
    request: (body, request) => atPipeline((desk) => desk.request(body, request)),
    requestGroup: (body, group) => atPipeline((desk) => desk.requestGroup(body, group)),
    group: (groupId) => first((desk) => desk.group(groupId)),
    async *groups(wanted) {
      // To be written to: a file that an earlier version made has no list of groups, and gets one.
      const lists = await all((desk) => Array.fromAsync(desk.groups(wanted)), { readOnly: false });
      yield* latestOf(lists, ({ groupId }) => groupId);
    },
    cancel: (clipId) => firstKnown((desk) => desk.cancel(clipId)),
    queues: async () => summed((await all((desk) => desk.queues())).flat()),
    logs: async (wanted) => (await all((desk) => desk.logs(wanted))).flat().sort((one, other) => one.atMs - other.atMs),
    deadLetters: async (functions, limit) => (await all((desk) => desk.deadLetters(functions, limit))).flat(),
    async redrive(stage, { limit, ...redrive }) {
      let left = limit;
      const parts = await all(
        async (desk) => {
          const part = await desk.redrive(stage, { ...redrive, limit: left });
          left -= part.sent.length;
          return part;
        },
        { readOnly: redrive.dryRun },
      );
      return { sent: parts.flatMap(({ sent }) => sent), left: parts.flatMap((part) => part.left) };
    },
    replay: (clipId, replay) => firstKnown((desk) => desk.replay(clipId, replay)),
  };
}

/** Several may have worked on one clip: the latest one counts. */
function latestOf<T extends { sinceMs: number }>(lists: T[][], idOf: (each: T) => string): T[] {
  const known = new Map(
    lists
      .reverse()
      .flat()
      .map((each) => [idOf(each), each]),
  );
  return [...known.values()].sort((a, b) => b.sinceMs - a.sinceMs);
}

function summed(depths: readonly QueueDepth[]): QueueDepth[] {
  const total = (of: readonly QueueDepth[], name: "messages" | "deadLetters") =>
    of.reduce((sum, depth) => sum + depth[name], 0);
  return [...Map.groupBy(depths, ({ stage }) => stage)].map(([stage, of]) => ({
    stage,
    messages: total(of, "messages"),
    deadLetters: total(of, "deadLetters"),
  }));
}

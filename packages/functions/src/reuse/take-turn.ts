import { type AnyFact, type Cut, type EventOf, type Lane, type SourcesLocated, stageNamed } from "@camclips/events";
import type { Deps } from "../runtime/deps.ts";
import { marginSeconds } from "../runtime/door.ts";
import { type CopyNeeds, copyClip } from "./copy-clip.ts";
import { endingOfMaker, type Maker, madeBy, makerOf } from "./makers.ts";
import { waitFor } from "./waiting.ts";

type Needs = CopyNeeds & Pick<Deps, "settings" | "clock" | "scheduler" | "schedules" | "log">;
type Located = EventOf<typeof SourcesLocated>;

/** A clip is made within this time, or others no longer wait for it. In the low lane clips wait for each other as a rule. */
const MAKER_MS: Record<Lane | "usual", number> = { low: 900_000, usual: 300_000, high: 180_000 };
export const untilMsOf = ({ atMs, lane }: Pick<Maker, "atMs" | "lane">): number => atMs + MAKER_MS[lane ?? "usual"];

/** Makers of one cut, one after the other, when the clips of those before are gone or never came. */
const MOST_TURNS = 8;

const RANK: Record<Lane | "usual", number> = { low: 0, usual: 1, high: 2 };
const isSlower = (theirs: Lane | undefined, own: Lane | undefined) => RANK[theirs ?? "usual"] < RANK[own ?? "usual"];

export type Turn =
  /** Others wait for it, from here on. */
  | { kind: "makes"; cut: Cut }
  /** It was made before. */
  | { kind: "copied"; fact: AnyFact }
  /** It is made for this clip alone. */
  | { kind: "alone" };

/**
 * Whether a clip is to be cut, or is a copy of one that was.
 * @throws LeftToOther while another one is made that it will be a copy of.
 */
export async function takeTurn(key: string, event: Located, deps: Needs, signal: AbortSignal): Promise<Turn> {
  const { clipId, id, lane } = event.metadata;
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    const cut = { key, turn };
    const maker = await makerOf(cut, event, deps, signal);
    if (maker.event === id) return { kind: "makes", cut };
    // An earlier attempt of this clip comes to nothing.
    if (maker.clipId === clipId) continue;
    let ending = await endingOfMaker(maker, deps, signal);
    if (!ending && !isSlower(maker.lane, lane) && isAtIt(maker, deps)) {
      if (!mayWait(event, maker, deps)) return { kind: "alone" };
      ending = await waitFor(cut, { event, maker, untilMs: untilMsOf(maker) }, deps, signal);
    }
    const made = ending && (await madeBy(maker, ending, deps, signal));
    const fact = made && (await copyClip(made, event.data, deps, signal));
    if (fact) return { kind: "copied", fact };
  }
  return { kind: "alone" };
}

const isAtIt = (maker: Maker, { clock }: Needs): boolean => clock.now() < untilMsOf(maker);

/** If nothing came of it, there must be time enough left for the work. */
function mayWait(event: Located, maker: Maker, { scheduler }: Needs): boolean {
  const marginMs = marginSeconds(stageNamed("download-sources"), event) * 1000;
  return untilMsOf(maker) + (scheduler.lateByMs ?? 0) + marginMs < Date.parse(event.metadata.deadlineAt);
}

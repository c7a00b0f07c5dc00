import type { Lane } from "@camclips/events";

/** Turns that a lane gets while the others have somebody waiting, too: nobody waits for ever. */
const TURNS = { high: 8, usual: 4, low: 1 };

const nameOf = (lane: Lane | undefined) => lane ?? "usual";

/**
 * Messages that wait for their turn. Where a machine renders one clip at a time, lanes cannot have workers of their own, as they
 * have on AWS: they share the turns instead (stride scheduling).
 */
export class WaitingLine<Message> {
  readonly #laneOf: (message: Message) => Lane | undefined;
  readonly #lanes = (["high", "usual", "low"] as const).map((name) => ({ name, waiting: [] as Message[], passed: 0 }));
  /** How far the lanes have come that somebody waited in. */
  #passed = 0;

  constructor(laneOf: (message: Message) => Lane | undefined) {
    this.#laneOf = laneOf;
  }

  push(message: Message): void {
    const lane = this.#lane(this.#laneOf(message));
    // An empty lane saves up no turns.
    if (lane.waiting.length === 0) lane.passed = Math.max(lane.passed, this.#passed);
    lane.waiting.push(message);
  }

  /** Whose turn it is. */
  shift(): Message | undefined {
    const [next] = this.#lanes.filter(({ waiting }) => waiting.length > 0).sort((a, b) => a.passed - b.passed);
    if (!next) return undefined;
    this.#passed = next.passed;
    next.passed += 1 / TURNS[next.name];
    return next.waiting.shift();
  }

  /** How many are served before one that comes into a lane now, about. */
  ahead(lane: Lane | undefined): number {
    const own = this.#lane(lane);
    const others = this.#lanes.filter(({ waiting }) => waiting !== own.waiting);
    const turns = own.waiting.length;
    return others.reduce(
      (sum, { name, waiting }) => sum + Math.min(waiting.length, (turns * TURNS[name]) / TURNS[own.name]),
      turns,
    );
  }

  clear(): void {
    for (const { waiting } of this.#lanes) waiting.length = 0;
  }

  #lane(lane: Lane | undefined) {
    const found = this.#lanes.find(({ name }) => name === nameOf(lane));
    if (!found) throw new Error(`no lane ${lane}`);
    return found;
  }
}

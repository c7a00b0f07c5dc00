import { redrivenBody } from "@camclips/functions";
import { redriveLocally } from "@camclips/local";
import { findInState } from "../records/local-records.ts";

export interface Redriven {
  /** Clips whose messages were sent, or would be; "?" where a request names none. */
  sent: string[];
  /** Messages that are no events: they would fail again. */
  left: string[];
}

export const clipIn = (body: string): string => /["']clipId["']\s*:\s*u?["']([^"']*)["']/.exec(body)?.[1] ?? "?";

/** `camclips redrive` in a state folder: of every pipeline that left some there. */
export async function redriveInState(
  state: string,
  stage: string,
  { limit, dryRun }: { limit: number; dryRun: boolean },
): Promise<Redriven> {
  const result: Redriven = { sent: [], left: [] };
  const nowMs = Date.now();
  const work = async (file: Parameters<typeof redriveLocally>[0]) => {
    const { sent, left } = await redriveLocally(file, {
      stage,
      nowMs,
      limit: limit - result.sent.length,
      dryRun,
      bodyFor: ({ body }) => redrivenBody(stage, body, `redrive-${nowMs}`, nowMs),
    });
    result.sent.push(...sent.map(({ body }) => clipIn(body)));
    result.left.push(...left.map(({ messageId }) => messageId));
    return undefined;
  };
  await findInState(state, work, { readOnly: dryRun });
  return result;
}

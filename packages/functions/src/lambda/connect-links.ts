import type { MakeLink } from "@camclips/core";
import { Resource } from "sst";
import * as z from "zod/mini";

/** What the stacks link to the function that tells, where CLIP_ACCESS=signed (stacks/delivery.ts). */
const access = z.object({ url: z.string(), keyPairId: z.string(), privateKey: z.string() });

/** Links through the distribution. A function's own rights to the bucket end with its credentials, in hours: they sign none. */
export async function connectLinks(): Promise<{ link?: MakeLink }> {
  const links = Resource as unknown as { ClipLinks?: unknown };
  if (!("ClipLinks" in links)) return {};
  const signed = access.parse(links.ClipLinks);
  const { cloudFrontLink } = await import("@camclips/aws");
  return { link: ({ key }, expiresMs) => cloudFrontLink(signed, key, expiresMs) };
}

import { flattenedVerify, importJWK } from "jose";
import type { Flattened } from "./jws.ts";
import type { KeySet, PublicKey } from "./keys.ts";

/** What is wrong with a manifest's signature; undefined: nothing. */
export type Distrust =
  | { kind: "unknown-key"; problem: string }
  | { kind: "altered"; problem: string }
  | { kind: "revoked"; problem: string };

/**
 * @param madeAt when the manifest says that it was made (ISO 8601): a key that is compromised could have written any time there
 * @param keys whom the verifier trusts; what a manifest itself brings counts for nothing
 */
export async function whyNotTrusted(
  jws: Flattened,
  { kid, madeAt }: { kid: string; madeAt: string },
  { keys }: KeySet,
): Promise<Distrust | undefined> {
  const key = keys.find((candidate) => candidate.kid === kid);
  if (!key) {
    const known = keys.map((candidate) => candidate.kid).join(", ") || "none";
    return {
      kind: "unknown-key",
      problem: `it is signed with the key ${kid}, which is not among those you trust (${known})`,
    };
  }
  try {
    await flattenedVerify(jws, await importJWK(key, "ES256"), { algorithms: ["ES256"] });
  } catch {
    return {
      kind: "altered",
      problem: "its signature does not fit: it was altered after it was signed, or never signed",
    };
  }
  const revoked = whyRevoked(key, madeAt);
  return revoked === undefined ? undefined : { kind: "revoked", problem: revoked };
}

function whyRevoked({ kid, revoked }: PublicKey, madeAt: string): string | undefined {
  if (!revoked) return undefined;
  const at = new Date(revoked.revoked_at * 1000).toISOString();
  if (revoked.reason === "compromised")
    return `it is signed with the key ${kid}, which was compromised (revoked ${at}): somebody else may have written it`;
  if (Date.parse(madeAt) < revoked.revoked_at * 1000) return undefined;
  return `it says that it was made at ${madeAt}, after its key ${kid} was taken out of use (${at})`;
}

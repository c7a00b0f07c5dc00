import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKeyInput,
  type KeyObject,
  sign,
} from "node:crypto";
import type { Signer } from "@camclips/core";
import type { JWK } from "jose";
import * as z from "zod/mini";
import { thumbprint } from "./jws.ts";

/** A public key, and what became of it. Retired and revoked keys stay in the list (OpenID Federation 1.0, historical keys). */
const publicKey = z.looseObject({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: z.string(),
  y: z.string(),
  kid: z.string(),
  alg: z.optional(z.literal("ES256")),
  use: z.optional(z.literal("sig")),
  revoked: z.optional(
    z.object({
      /** Seconds since 1970. */
      revoked_at: z.int(),
      /** `compromised`: no signature of it counts, whenever it claims to be made; `superseded`: later ones do not. */
      reason: z.enum(["compromised", "superseded"]),
    }),
  ),
});
export type PublicKey = z.infer<typeof publicKey>;

/** Strict about what counts, open to what others add (RFC 7517). */
export const keySet = z.object({ keys: z.array(publicKey) });
export type KeySet = z.infer<typeof keySet>;

/** A PEM or a JWK. */
const keyInput = (text: string): string | JsonWebKeyInput =>
  text.trimStart().startsWith("{") ? { key: JSON.parse(text), format: "jwk" } : text;

/** @throws Error for a key of another kind. */
function checked(key: KeyObject): KeyObject {
  if (key.asymmetricKeyDetails?.namedCurve === "prime256v1") return key;
  throw new Error("it is no key of the curve P-256, which ES256 needs: `camclips evidence init` makes one");
}

/** @param text a PEM or a JWK, of a public key or of a private one. @throws Error when it is neither. */
export async function publicKeyIn(text: string): Promise<PublicKey> {
  return describedKey(checked(createPublicKey(keyInput(text))).export({ format: "jwk" }) as JWK);
}

/** @param spki a public key in DER, as KMS gives it. */
export async function publicKeyOf(spki: Uint8Array): Promise<PublicKey> {
  const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  return describedKey(checked(key).export({ format: "jwk" }) as JWK);
}

async function describedKey({ kty, crv, x, y }: JWK): Promise<PublicKey> {
  const key = { kty, crv, x, y } as JWK;
  return publicKey.parse({ ...key, kid: await thumbprint(key), alg: "ES256", use: "sig" });
}

/** Signs with a private key out of a file. @throws Error for a text that holds none. */
export async function fileSigner(text: string): Promise<Signer> {
  const key = checked(createPrivateKey(keyInput(text)));
  const { kid } = await publicKeyIn(text);
  return { kid, sign: async (bytes) => sign("sha256", bytes, { key, dsaEncoding: "ieee-p1363" }) };
}

/** A new private key, as a PEM. */
export function newKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ format: "pem", type: "pkcs8" }).toString();
}

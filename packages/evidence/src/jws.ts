import type { Signer } from "@camclips/core";
import { base64url, calculateJwkThumbprint, type JWK } from "jose";
import * as z from "zod/mini";

const JWS_TYPE = "camclips-manifest+json";

const protectedHeader = z.object({ alg: z.literal("ES256"), typ: z.literal(JWS_TYPE), kid: z.string() });

/** Flattened JSON serialisation (RFC 7515, section 7.2.2). */
const flattened = z.strictObject({ payload: z.string(), protected: z.string(), signature: z.string() });
export type Flattened = z.infer<typeof flattened>;

const encoder = new TextEncoder();
const encoded = (value: unknown): string => base64url.encode(encoder.encode(JSON.stringify(value)));
const textOf = (jws: Flattened): string => `${JSON.stringify(jws)}\n`;

/** The whole text of a signed document. */
export async function signed(payload: object, signer: Signer, signal?: AbortSignal): Promise<string> {
  const jws = { payload: encoded(payload), protected: encoded({ alg: "ES256", typ: JWS_TYPE, kid: signer.kid }) };
  const signature = await signer.sign(encoder.encode(`${jws.protected}.${jws.payload}`), signal);
  return textOf({ ...jws, signature: base64url.encode(signature) });
}

/**
 * Opens a signed document without looking at its signature.
 * @throws Error when a single byte is not as `signed` writes it: several texts with one meaning would let a change go unseen.
 */
export function opened(text: string): { jws: Flattened; header: z.infer<typeof protectedHeader>; payload: unknown } {
  const jws = flattened.parse(JSON.parse(text));
  const isCanonical = Object.values(jws).every((part) => base64url.encode(base64url.decode(part)) === part);
  if (!isCanonical || textOf(jws) !== text) throw new Error("it is not written as camclips writes manifests");
  return { jws, header: protectedHeader.parse(decoded(jws.protected)), payload: decoded(jws.payload) };
}

const decoded = (part: string): unknown =>
  JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(base64url.decode(part)));

export const thumbprint = (publicKey: JWK): Promise<string> => calculateJwkThumbprint(publicKey, "sha256");

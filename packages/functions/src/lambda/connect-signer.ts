import type { Signer } from "@camclips/core";
import type { PublicKey } from "@camclips/evidence/keys";

/**
 * The key that signs clips' manifests, where EVIDENCE_KEY names one.
 * @throws Error when it cannot be used: then the function must take no message, whose clip could only fail.
 */
export async function connectSigner({ EVIDENCE_KEY }: NodeJS.ProcessEnv): Promise<{ signer?: Signer }> {
  return EVIDENCE_KEY ? { signer: await kmsSigner(EVIDENCE_KEY) } : {};
}

export async function kmsSigner(keyArn: string): Promise<Signer> {
  const { sign } = await kmsKey(keyArn);
  const { kid } = await kmsPublicKey(keyArn);
  return { kid, sign };
}

export async function kmsPublicKey(keyArn: string): Promise<PublicKey> {
  const { publicKeyOf } = await import("@camclips/evidence/keys");
  return publicKeyOf(await (await kmsKey(keyArn)).publicKey());
}

/** In the key's own region, wherever this runs. */
async function kmsKey(keyArn: string) {
  const { KMSClient } = await import("@aws-sdk/client-kms");
  const { createKmsKey, tellingOutages } = await import("@camclips/aws");
  const region = keyArn.split(":")[3];
  const client = tellingOutages(new KMSClient({ maxAttempts: 3, ...(region && { region }) }), "KMS");
  return createKmsKey(client, keyArn);
}

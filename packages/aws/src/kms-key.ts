import { createHash } from "node:crypto";
import { GetPublicKeyCommand, type KMSClient, KMSServiceException, SignCommand } from "@aws-sdk/client-kms";
import { ServiceUnavailableError, type Signer } from "@camclips/core";

/** KMS refused: the key is disabled, or gone, or not ours to use. Trying again does not help, until somebody changes that. */
export class SigningError extends Error {
  override name = "SigningError";
  readonly reason = "SIGNING_FAILED";
}

/** A key pair of the curve P-256 in KMS (ECC_NIST_P256, SIGN_VERIFY). */
export function createKmsKey(
  client: KMSClient,
  keyArn: string,
): { publicKey(): Promise<Uint8Array>; sign: Signer["sign"] } {
  return {
    async publicKey() {
      const { PublicKey } = await asked(keyArn, () => client.send(new GetPublicKeyCommand({ KeyId: keyArn })));
      return PublicKey ?? new Uint8Array();
    },
    async sign(bytes, signal) {
      const command = new SignCommand({
        KeyId: keyArn,
        // A message may have 4096 bytes at most.
        Message: createHash("sha256").update(bytes).digest(),
        MessageType: "DIGEST",
        SigningAlgorithm: "ECDSA_SHA_256",
      });
      const { Signature } = await asked(keyArn, () => client.send(command, { abortSignal: signal }));
      return rawSignature(Signature ?? new Uint8Array());
    },
  };
}

async function asked<T>(keyArn: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ServiceUnavailableError || !(error instanceof KMSServiceException)) throw error;
    const message = `KMS does not sign with ${keyArn} (${error.name}: ${error.message}): see that the key is enabled, and lets the function kms:Sign`;
    throw new SigningError(message, { cause: error });
  }
}

const INTEGER = 0x02;

/** SEQUENCE { INTEGER r, INTEGER s } in DER, as r and s of 32 bytes each (RFC 7518, section 3.4). */
export function rawSignature(der: Uint8Array): Uint8Array {
  const raw = new Uint8Array(64);
  let at = 2;
  for (const end of [32, 64]) {
    const [tag, length = 0] = der.subarray(at);
    const value = der.subarray(at + 2, at + 2 + length);
    // A zero before a high bit, and none where there are leading zeros.
    const significant = value.subarray(value.findIndex((byte) => byte !== 0));
    if (tag !== INTEGER || value.length !== length || significant.length > 32)
      throw new Error("KMS answered no ECDSA signature of P-256");
    raw.set(significant, end - significant.length);
    at += 2 + length;
  }
  return raw;
}

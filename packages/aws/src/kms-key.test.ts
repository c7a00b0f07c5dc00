import { generateKeyPairSync, sign, verify } from "node:crypto";
import type { KMSClient } from "@aws-sdk/client-kms";
import { KMSServiceException } from "@aws-sdk/client-kms";
import { expect, it } from "vitest";
import { createKmsKey, rawSignature, SigningError } from "./kms-key.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

it("turns signatures as KMS writes them into those of ES256, short and long numbers alike", () => {
  const bytes = Buffer.from("a clip");
  const lengths = new Set<number>();
  for (let i = 0; i < 600; i++) {
    const der = sign("sha256", bytes, privateKey);
    lengths.add(der.length);
    const raw = rawSignature(der);
    expect(verify("sha256", bytes, { key: publicKey, dsaEncoding: "ieee-p1363" }, raw)).toBe(true);
  }
  expect(lengths.size).toBeGreaterThan(2);
});

it("says of a key that KMS does not use for us what to look at, and that the clip was not signed", async () => {
  const refused = new KMSServiceException({
    ...{ name: "DisabledException", message: "key is disabled", $fault: "client", $metadata: {} },
  });
  const client = { send: () => Promise.reject(refused) } as unknown as KMSClient;
  const error = await createKmsKey(client, "arn:key")
    .sign(Buffer.from("x"))
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SigningError);
  expect(error).toMatchObject({
    reason: "SIGNING_FAILED",
    message: expect.stringContaining("arn:key (DisabledException"),
  });
});

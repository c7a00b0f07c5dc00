import { readFile } from "node:fs/promises";
import type { Signer } from "@camclips/core";
import { UsageError } from "../exit-codes.ts";

/** Names a key in KMS instead of a file. */
export const isKeyArn = (key: string): boolean => key.startsWith("arn:");

/** The key that EVIDENCE_KEY names. @throws UsageError for one that cannot be used. */
export async function evidenceSigner(key: string | undefined): Promise<Signer | undefined> {
  if (key === undefined) return undefined;
  const { fileSigner } = await import("@camclips/evidence/keys");
  try {
    if (!isKeyArn(key)) return await fileSigner(await readFile(key, "utf8"));
    const { kmsSigner } = await import("@camclips/functions/signer");
    return await kmsSigner(key);
  } catch (error) {
    throw new UsageError(`EVIDENCE_KEY="${key}" cannot be used: ${(error as Error).message}`);
  }
}

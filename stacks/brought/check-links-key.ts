import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import type { StageSettings } from "../settings.ts";
import { type Findings, none, problem, when } from "./findings.ts";

const HOW = "make one with: openssl genrsa -out links.pem 2048";

/** The key that signs links to clips: CloudFront takes RSA of 2048 bits. */
export async function checkLinksKey({ CLIP_ACCESS, CLIP_LINKS_KEY: path }: StageSettings): Promise<Findings> {
  if (CLIP_ACCESS !== "signed")
    return when(
      path !== undefined,
      problem('CLIP_LINKS_KEY: signs links where CLIP_ACCESS="signed", and nowhere else'),
    );
  if (!path) return problem(`CLIP_ACCESS="signed": name the key that signs in CLIP_LINKS_KEY; ${HOW}`);
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(readFileSync(path));
    const fits = asymmetricKeyType === "rsa" && asymmetricKeyDetails?.modulusLength === 2048;
    return fits ? none : problem(`CLIP_LINKS_KEY="${path}": is no RSA key of 2048 bits; ${HOW}`);
  } catch (error) {
    return problem(`CLIP_LINKS_KEY="${path}": no private key can be read there (${(error as Error).message}); ${HOW}`);
  }
}

import { createHash } from "node:crypto";

/** SHA-256 in base64url, as manifests write hashes. */
export const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64url");

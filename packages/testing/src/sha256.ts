import { createHash } from "node:crypto";

/** In lower-case hex, as the metadata of clips tells it. */
export const sha256 = (body: Uint8Array): string => createHash("sha256").update(body).digest("hex");

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const KEY_BYTES = 32;

/** The key behind sessions and links, made once. Whoever wants to end all of them removes the file. */
export function signingKey(state: string): Buffer {
  const path = join(state, "signing.key");
  const known = existsSync(path) ? readFileSync(path) : undefined;
  // One that a full disk or a crash cut off would be a key that everybody has.
  if (known && known.length >= KEY_BYTES) return known;
  mkdirSync(state, { recursive: true });
  const key = randomBytes(KEY_BYTES);
  const unfinished = `${path}.${process.pid}.unfinished`;
  writeFileSync(unfinished, key, { mode: 0o600 });
  renameSync(unfinished, path);
  return key;
}

/** Signs what may be done until when. */
export class Signer {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** @param parts what is allowed; none may hold a line break. */
  sign(parts: readonly string[], expiresMs: number): string {
    return `${expiresMs}.${this.#mac(parts, expiresMs)}`;
  }

  verify(parts: readonly string[], signature: string, nowMs: number): boolean {
    const dot = signature.indexOf(".");
    const expiresMs = Number(signature.slice(0, dot));
    if (dot < 0 || !Number.isSafeInteger(expiresMs) || expiresMs <= nowMs) return false;
    const given = Buffer.from(signature.slice(dot + 1));
    const right = Buffer.from(this.#mac(parts, expiresMs));
    return given.length === right.length && timingSafeEqual(given, right);
  }

  #mac(parts: readonly string[], expiresMs: number): string {
    return createHmac("sha256", this.#key)
      .update([...parts, expiresMs].join("\n"))
      .digest("base64url");
  }
}

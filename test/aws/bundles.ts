import { createCipheriv } from "node:crypto";
import { cp, rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { FunctionBuild } from "../../tools/resource-graph/graph/graph.ts";

/** Puts a function's folder together as the SST CLI does: the bundle's files, and the links, encrypted. */
export async function assemble(build: FunctionBuild, bundles: string, folder: string): Promise<string> {
  const stage = basename(build.handler, ".handler");
  await cp(join(bundles, stage), folder, { recursive: true });
  await rename(join(folder, `${stage}.mjs`), join(folder, "bundle.mjs"));
  if (build.encryptionKey) await writeFile(join(folder, "resource.enc"), encrypted(build.links, build.encryptionKey));
  return folder;
}

/** The form in which `Resource` of SST's SDK expects links: AES-256-GCM, the nonce all zeros, the tag at the end. */
function encrypted(links: Record<string, unknown>, key: string): Buffer {
  const cipher = createCipheriv("aes-256-gcm", Buffer.from(key, "base64"), Buffer.alloc(12));
  return Buffer.concat([cipher.update(JSON.stringify(links)), cipher.final(), cipher.getAuthTag()]);
}

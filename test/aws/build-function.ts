import { createCipheriv } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commonJsBanner, sstEsbuild } from "../../infra/evaluation/bundle-config.ts";
import type { FunctionBuild } from "../../infra/graph/graph.ts";
import { projectRoot } from "../../infra/paths.ts";

/** Bundles a handler as the SST CLI does for a deployment, links included, into `folder`. */
export async function buildFunction(build: FunctionBuild, folder: string): Promise<string> {
  await sstEsbuild().build({
    entryPoints: [join(projectRoot, build.handler.replace(/\.handler$/, ".ts"))],
    bundle: true,
    outfile: join(folder, "bundle.mjs"),
    platform: "node",
    format: "esm",
    target: "es2023",
    mainFields: ["module", "main"],
    keepNames: true,
    minify: true,
    external: ["sharp", "pg-native"],
    banner: { js: commonJsBanner },
    logLevel: "error",
  });
  if (build.encryptionKey) await writeFile(join(folder, "resource.enc"), encrypted(build.links, build.encryptionKey));
  return folder;
}

/** The form in which `Resource` of SST's SDK expects links: AES-256-GCM, the nonce all zeros, the tag at the end. */
function encrypted(links: Record<string, unknown>, key: string): Buffer {
  const cipher = createCipheriv("aes-256-gcm", Buffer.from(key, "base64"), Buffer.alloc(12));
  return Buffer.concat([cipher.update(JSON.stringify(links)), cipher.final(), cipher.getAuthTag()]);
}

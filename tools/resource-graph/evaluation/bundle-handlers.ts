import { join } from "node:path";
import { pipeline } from "@camclips/events";
import { projectRoot } from "../paths.ts";
import { commonJsBanner, sstEsbuild } from "./bundle-config.ts";

/** What Lambda's Node brings; SST bundles it all the same, so that a function runs the version it was tested with. */
export const ofLambda = ["@aws-sdk/*", "@smithy/*"];

interface BundleOptions {
  /** esbuild's, to put something else in a file's place. */
  plugins?: readonly object[];
  /** Packages that stay imports, beside those that SST leaves out. */
  external?: readonly string[];
}

/**
 * Bundles every handler as the SST CLI does for a deployment, all in one go, since they share most of their files.
 * @param folder gets `<stage>.mjs`.
 */
export async function bundleHandlers(folder: string, { plugins = [], external = [] }: BundleOptions = {}) {
  await sstEsbuild().build({
    entryPoints: pipeline.map(({ stage }) => join(projectRoot, `packages/functions/src/stages/${stage}.ts`)),
    bundle: true,
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    platform: "node",
    format: "esm",
    target: "es2023",
    mainFields: ["module", "main"],
    keepNames: true,
    minify: true,
    external: ["sharp", "pg-native", ...external],
    banner: { js: commonJsBanner },
    logLevel: "error",
    plugins,
  });
}

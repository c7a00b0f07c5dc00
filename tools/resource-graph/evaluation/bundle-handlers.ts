import { join } from "node:path";
import { pipeline } from "@camclips/events";
import { projectRoot } from "../paths.ts";
import { type BundledFile, commonJsBanner, sstEsbuild } from "./bundle-config.ts";

/** What Lambda's Node brings; SST bundles it all the same, so that a function runs the version it was tested with. */
export const ofLambda = ["@aws-sdk/*", "@smithy/*"];

interface BundleOptions {
  /** esbuild's, to put something else in a file's place. */
  plugins?: readonly object[];
  /** Packages that stay imports, beside those that SST leaves out. */
  external?: readonly string[];
}

/** A function's bundle: one file that is the handler, and those that it imports. */
export interface HandlerBundle {
  stage: string;
  bytes: number;
  /** What is loaded before the first message is worked on; the rest is for some clips only. */
  first: { bytes: number; files: string[] };
}

/** What a handler imports with its first message: see packages/functions/src/lambda/handler.ts. */
const WITH_FIRST_MESSAGE = /^packages\/functions\/src\/lambda\/connect[a-z-]*\.ts$/;

/**
 * Bundles every handler as the SST CLI does for a deployment, with what is imported dynamically in files of its own.
 * @param folder gets a folder for each stage, with `<stage>.mjs` in it.
 */
export function bundleHandlers(folder: string, options: BundleOptions = {}): Promise<HandlerBundle[]> {
  return Promise.all(pipeline.map(({ stage }) => bundleHandler(stage, join(folder, stage), options)));
}

async function bundleHandler(
  stage: string,
  folder: string,
  { plugins = [], external = [] }: BundleOptions,
): Promise<HandlerBundle> {
  const { metafile } = await sstEsbuild().build({
    entryPoints: [join(projectRoot, `packages/functions/src/stages/${stage}.ts`)],
    absWorkingDir: projectRoot,
    bundle: true,
    splitting: true,
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    platform: "node",
    format: "esm",
    target: "es2023",
    mainFields: ["module", "main"],
    keepNames: true,
    minify: true,
    metafile: true,
    external: ["sharp", "pg-native", ...external],
    banner: { js: commonJsBanner },
    logLevel: "error",
    plugins,
  });
  const outputs = metafile?.outputs ?? {};
  const bytesOf = (files: readonly string[]) => files.reduce((sum, file) => sum + (outputs[file]?.bytes ?? 0), 0);
  const started = Object.keys(outputs).filter((file) => {
    const { entryPoint = "" } = outputs[file] ?? {};
    return entryPoint.endsWith(`/stages/${stage}.ts`) || WITH_FIRST_MESSAGE.test(entryPoint);
  });
  return {
    stage,
    bytes: bytesOf(Object.keys(outputs)),
    first: { bytes: bytesOf(withImports(started, outputs)), files: started.map((file) => join(projectRoot, file)) },
  };
}

/** Files, and all that they import statically. */
function withImports(files: readonly string[], outputs: Record<string, BundledFile>): string[] {
  const loaded = new Set(files);
  // A set is walked through to what is added meanwhile.
  for (const file of loaded)
    for (const { path, kind } of outputs[file]?.imports ?? [])
      if (kind === "import-statement" && outputs[path]) loaded.add(path);
  return [...loaded];
}

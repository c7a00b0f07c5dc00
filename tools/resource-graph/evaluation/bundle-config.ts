import { readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { projectRoot } from "../paths.ts";

const platform = join(projectRoot, ".sst/platform");

/** The part of esbuild that is used. */
export interface Esbuild {
  build(options: Record<string, unknown>): Promise<{
    metafile?: { inputs: Record<string, unknown>; outputs: Record<string, BundledFile> };
  }>;
}

/** A file that esbuild wrote, under its path from the working directory. */
export interface BundledFile {
  bytes: number;
  /** The source that it stands for, of one that is imported by name or dynamically. */
  entryPoint?: string;
  imports: { path: string; kind: string }[];
}

/** SST's own esbuild: what it builds with is what we evaluate with. */
export function sstEsbuild(): Esbuild {
  return createRequire(join(platform, "package.json"))("esbuild") as Esbuild;
}

/** CommonJS's globals, which bundled dependencies expect, for an ES module. */
export const commonJsBanner = `
import { createRequire as topLevelCreateRequire } from "module";
const require = topLevelCreateRequire(import.meta.url);
import { fileURLToPath as topLevelFileUrlToPath, URL as topLevelURL } from "url";
const __filename = topLevelFileUrlToPath(import.meta.url);
const __dirname = topLevelFileUrlToPath(new topLevelURL(".", import.meta.url));
`;

export interface ConfigBundle {
  code: string;
  /** Put before every file outside of `.sst`: how stack files come to `aws` and `sst`. */
  globals?: string;
  define?: Record<string, string>;
  inject?: string[];
  banner?: string;
  /** Files of the project, and those that are bundled in their place. */
  replaced?: Record<string, string>;
}

let bundles = 0;

/**
 * Bundles code around sst.config.ts in the way of the SST CLI, into `.sst/platform`, where its externals resolve.
 * @returns the file's path.
 */
export async function bundleConfig({
  code,
  globals = "",
  define,
  inject,
  banner = "",
  replaced = {},
}: ConfigBundle): Promise<string> {
  const outfile = join(platform, `sst.config.${process.pid}.${bundles++}.mjs`);
  await sstEsbuild().build({
    stdin: { contents: code, resolveDir: projectRoot, sourcefile: "eval.ts", loader: "ts" },
    bundle: true,
    write: true,
    outfile,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    nodePaths: [join(platform, "node_modules")],
    external: [
      "@pulumi/*",
      "@pulumiverse/*",
      "@sst-provider/*",
      "@aws-sdk/*",
      "undici",
      "esbuild",
      "archiver",
      "glob",
      "vite",
    ],
    banner: { js: commonJsBanner + banner },
    define,
    inject,
    logLevel: "error",
    plugins: [prepend(globals), replace(replaced)],
  });
  return outfile;
}

function prepend(globals: string) {
  return {
    name: "globals",
    setup(build: { onLoad(options: { filter: RegExp }, load: (file: { path: string }) => unknown): void }) {
      build.onLoad({ filter: /\.(js|ts)$/ }, async ({ path }) =>
        path.includes(`${sep}.sst${sep}`)
          ? undefined
          : { contents: globals + (await readFile(path, "utf8")), loader: "default" },
      );
    },
  };
}

function replace(files: Record<string, string>) {
  const paths = Object.fromEntries(Object.entries(files).map((names) => names.map((name) => join(projectRoot, name))));
  return {
    name: "replace",
    setup(build: { onResolve(options: { filter: RegExp }, resolve: (file: Import) => unknown): void }) {
      build.onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
        const other = paths[join(resolveDir, path)];
        return other && { path: other };
      });
    },
  };
}

interface Import {
  path: string;
  resolveDir: string;
}

/** Imports a bundle and removes it. */
export async function importOnce<Module>(file: string): Promise<Module> {
  try {
    return (await import(pathToFileURL(file).href)) as Module;
  } finally {
    await rm(file, { force: true });
  }
}

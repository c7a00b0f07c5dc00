// Puts the command line into a few files that start three times as fast: `npm run bundle`, and part of `npm ci`. Plain
// JavaScript, because an installation without the development packages runs it on any Node, and has to go on without it.
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { SOURCES_FILE, stateOf } from "../packages/cli/bin/program.js";

const cli = fileURLToPath(new URL("../packages/cli", import.meta.url));
const stages = fileURLToPath(new URL("../packages/functions/src/stages", import.meta.url));

/** Stages are loaded by their names, which a bundler cannot follow: it gets their list instead. */
function stageTable() {
  const files = readdirSync(stages).filter((file) => /(?<!\.test)\.ts$/.test(file));
  const names = files.map((file) => file.slice(0, -".ts".length));
  return names.map((name) => `"${name}": () => import("@camclips/functions/${name}")`);
}

/** @param {typeof import("rolldown").build} build @param {string} folder */
async function bundle(build, folder) {
  const table = `({ ${stageTable().join(", ")} })[stage]()`;
  const loading = /import\(`@camclips\/functions\/\$\{stage\}`\)/;
  const { output } = await build({
    input: join(cli, "src", "main.ts"),
    platform: "node",
    // Loaded only by the commands that talk to AWS.
    external: /^@aws-sdk\//,
    plugins: [
      {
        name: "stages",
        transform(code, id) {
          if (!id.endsWith("local/src/stages.ts")) return null;
          if (!loading.test(code)) throw new Error(`${id} loads stages in another way`);
          return code.replace(loading, () => table);
        },
      },
    ],
    output: { dir: folder, format: "esm", chunkFileNames: "[name]-[hash].js" },
  });
  const files = new Set(output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : [])));
  const sources = [...files].filter((path) => isAbsolute(path) && !path.includes("/node_modules/"));
  const states = Object.fromEntries(sources.map((path) => [relative(cli, path), stateOf(path)]));
  writeFileSync(join(folder, SOURCES_FILE), JSON.stringify(states));
}

async function main() {
  const { build } = await import("rolldown").catch(() => ({ build: undefined }));
  // Without it, the sources are run.
  if (!build) return;
  const folder = mkdtempSync(join(cli, ".bundle-"));
  try {
    await bundle(build, folder);
    rmSync(join(cli, "dist"), { recursive: true, force: true });
    renameSync(folder, join(cli, "dist"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv.includes("--if-possible")) {
  // An installation goes on without: the sources are run then.
  await main().catch(({ message }) => process.stderr.write(`the command line was not bundled: ${message}\n`));
} else await main();

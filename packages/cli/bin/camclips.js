#!/usr/bin/env node
// Plain JavaScript for whatever Node comes first on the PATH: the program itself is TypeScript, and runs on Node 24. An
// older one hands over to the Node 24 that is installed with the packages.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { programIn } from "./program.js";

const NEEDED = 24;
const program = programIn(fileURLToPath(new URL("..", import.meta.url)));

/** Of the package `node`, whose install script puts the program there. */
function installedNode() {
  try {
    const path = join(dirname(createRequire(import.meta.url).resolve("node/package.json")), "bin", "node");
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

function handOver(node) {
  const child = spawn(node, [program, ...process.argv.slice(2)], { stdio: "inherit" });
  // The program answers requests to end, and this process ends with it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`camclips: cannot run ${node}: ${error.message}; run npm ci again\n`);
    process.exitCode = 2;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}

if (Number.parseInt(process.versions.node, 10) >= NEEDED) await import(pathToFileURL(program).href);
else {
  const node = installedNode();
  if (node) handOver(node);
  else {
    const found = `this is Node ${process.versions.node}, and none is installed with camclips`;
    process.stderr.write(
      `camclips: Node ${NEEDED} is needed; ${found}: run npm ci in its folder, or install Node ${NEEDED}\n`,
    );
    process.exitCode = 2;
  }
}

import { enableCompileCache } from "node:module";

// From the second run on, this halves the time to start. What it should speed up must be imported after it.
enableCompileCache();
await import("./cli.ts").catch((error: NodeJS.ErrnoException) => {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  // An `npm ci` that a full disk or a lost connection ended.
  process.stderr.write(`camclips: the installation is not complete (${error.message}): run npm ci again\n`);
  process.exit(2);
});

import { enableCompileCache } from "node:module";
import { setFlagsFromString } from "node:v8";

// From the second run on, this halves the time to start. What it should speed up must be imported after it.
enableCompileCache();
// Most of what a process that makes one clip runs, it runs a few thousand times at most: code that is optimized after a few hundred takes more
// time than it saves (a seventh of Node's own). Other versions may not know these options, and would say so.
if (process.versions.node.startsWith("24."))
  setFlagsFromString("--invocation-count-for-maglev=4000 --invocation-count-for-turbofan=20000");
await import("./cli.ts").catch((error: NodeJS.ErrnoException) => {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  // An `npm ci` that a full disk or a lost connection ended.
  process.stderr.write(`camclips: the installation is not complete (${error.message}): run npm ci again\n`);
  process.exit(2);
});

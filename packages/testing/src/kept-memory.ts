import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes in buffers of this process that something still holds: what only waits for the garbage collector does not count. */
export function keptBufferBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().arrayBuffers;
}

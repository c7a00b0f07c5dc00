import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";

/** What a contributor runs often: under two minutes on two cores. The rest is in vitest.slow.config.ts. */
export default defineConfig({
  test: {
    include: ["packages/**/*.test.ts", "stacks/**/*.test.ts", "test/{docs,soak}/*.test.ts"],
    exclude: [...configDefaults.exclude, "**/*.{matrix,e2e}.test.ts"],
    // Tests wait for ffmpeg, for child processes and for real pauses: one worker more than there are cores.
    maxWorkers: availableParallelism() + 1,
    // A worker loads each module once, not once per file of tests: no test may leave anything in a module or in the process.
    isolate: false,
    // Longer than anything takes on a machine that is busy with ten other things.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});

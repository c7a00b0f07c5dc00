import { configDefaults, defineConfig } from "vitest/config";

/** What a contributor runs often: under two minutes on two cores. The rest is in vitest.slow.config.ts. */
export default defineConfig({
  test: {
    include: ["packages/**/*.test.ts", "stacks/**/*.test.ts", "test/{docs,soak}/*.test.ts"],
    exclude: [...configDefaults.exclude, "**/*.{matrix,e2e}.test.ts"],
    // Tests wait for ffmpeg and for child processes: a worker for every core, where vitest would spare one.
    maxWorkers: "100%",
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

import { configDefaults, defineConfig } from "vitest/config";

/** What a contributor runs often: under two minutes on two cores. The media matrix has its own command (vitest.media.config.ts). */
export default defineConfig({
  test: {
    include: ["packages/**/*.test.ts", "stacks/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "**/*.matrix.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});

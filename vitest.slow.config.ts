import { defineConfig } from "vitest/config";

/**
 * `*.matrix.test.ts`: frame exactness over codecs, rates, containers, joins and gaps, in real files (npm run test:media).
 * `*.e2e.test.ts`: the command line as processes of their own (npm run test:cli).
 */
export default defineConfig({
  test: {
    include: ["packages/**/*.{matrix,e2e}.test.ts"],
    maxWorkers: "100%",
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

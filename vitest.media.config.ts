import { defineConfig } from "vitest/config";

/** Frame exactness over the whole matrix of codecs, rates, joins and gaps: real files, decoded and read back. */
export default defineConfig({
  test: {
    include: ["packages/**/*.matrix.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

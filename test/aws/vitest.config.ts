import { defineConfig } from "vitest/config";

/** `npm run test:aws`: one file after the other, since the functions need the machine's cores. */
export default defineConfig({
  test: {
    include: ["test/aws/**/*.test.ts"],
    globalSetup: ["test/aws/global-setup.ts"],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});

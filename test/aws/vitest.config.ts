import { defineConfig } from "vitest/config";

/** `npm run test:aws`: two files at a time. They mostly wait; the functions need the machine's cores. */
export default defineConfig({
  test: {
    include: ["test/aws/**/*.test.ts"],
    globalSetup: ["test/aws/global-setup.ts"],
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});

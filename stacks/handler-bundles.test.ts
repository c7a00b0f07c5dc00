import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type PipelineStage, pipeline } from "@camclips/events";
import { type TestFolder, testFolder } from "@camclips/testing/folders";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundleHandlers, ofLambda } from "../tools/resource-graph/evaluation/bundle-handlers.ts";
import { ensurePlatform } from "../tools/resource-graph/platform.ts";

/** Kilobytes without the AWS SDK. (`npm run bench:bundles` prints what there is.) */
const MOST = 300;
/** Of the one that brings what cuts clips. */
const MOST_OF: Partial<Record<string, number>> = { "render-clip": 330 };

let folder: TestFolder;
beforeAll(async () => {
  folder = await testFolder();
  await ensurePlatform();
  await bundleHandlers(folder.path, { external: ofLambda });
}, 300_000);
afterAll(() => folder[Symbol.asyncDispose]());

it.each<PipelineStage>(pipeline)("the bundle of $stage starts small", async ({ stage }) => {
  const { size } = await stat(join(folder.path, `${stage}.mjs`));
  expect(size / 1000).toBeLessThan(MOST_OF[stage] ?? MOST);
});

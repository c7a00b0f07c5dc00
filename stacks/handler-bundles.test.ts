import { type PipelineStage, pipeline } from "@camclips/events";
import { type TestFolder, testFolder } from "@camclips/testing/folders";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundleHandlers, type HandlerBundle, ofLambda } from "../tools/resource-graph/evaluation/bundle-handlers.ts";
import { ensurePlatform } from "../tools/resource-graph/platform.ts";

/** Kilobytes that are loaded before the first message, without the AWS SDK. (`npm run bench:bundles` prints what there is.) */
const MOST = 300;

let folder: TestFolder;
let bundles: HandlerBundle[];
beforeAll(async () => {
  folder = await testFolder();
  await ensurePlatform();
  bundles = await bundleHandlers(folder.path, { external: ofLambda });
}, 300_000);
afterAll(() => folder[Symbol.asyncDispose]());

it.each<PipelineStage>(pipeline)("the bundle of $stage starts small", ({ stage }) => {
  const { first } = bundles.find((bundle) => bundle.stage === stage) as HandlerBundle;
  expect(first.files.length).toBeGreaterThan(1);
  expect(first.bytes / 1000).toBeLessThan(MOST);
});

it("what most clips do not need is loaded later", () => {
  const { bytes, first } = bundles.find(({ stage }) => stage === "render-clip") as HandlerBundle;
  expect(bytes - first.bytes).toBeGreaterThan(20_000);
});

import { readFile, writeFile } from "node:fs/promises";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { evaluate } from "../../tools/resource-graph/evaluation/evaluate.ts";
import { assemble } from "./bundles.ts";
import { clientsFor, trust } from "./clients.ts";
import type { DeployOptions } from "./deploy.ts";
import { realise } from "./realise/index.ts";

const [optionsFile, out] = process.argv.slice(2);
if (!optionsFile || !out) throw new Error("usage: deploy-child.ts <options> <file for the graph>");

try {
  const options = JSON.parse(await readFile(optionsFile, "utf8")) as DeployOptions;
  trust(options.certificate);
  const clients = clientsFor(options);
  const assetBucket = `sst-asset-${options.account}`;
  await clients.s3.send(new CreateBucketCommand({ Bucket: assetBucket }));
  const graph = await evaluate({
    ...options,
    looksUp: true,
    createResource: realise({ ...options, clients, assetBucket }),
    buildFunction: (build, folder) => assemble(build, options.bundles, folder),
  });
  await writeFile(out, JSON.stringify(graph));
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.stack : error);
  process.exit(1);
}

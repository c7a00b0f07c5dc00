import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { FunctionBuild, Graph, Resource } from "../graph/graph.ts";
import { projectRoot } from "../paths.ts";
import { bundleConfig, importOnce } from "./bundle-config.ts";
import { type CreateResource, mocks, unwrap } from "./mocks.ts";
import { startRpcServer } from "./rpc-server.ts";
import { zipEntries } from "./zip-entries.ts";

export interface Evaluation {
  stage: string;
  /** As `sst dev` evaluates it, rather than `sst deploy`. */
  dev?: boolean;
  account: string;
  region: string;
  /** Whether AWS is asked about brought resources, rather than that all of them are thought to be there and fit. */
  looksUp: boolean;
  /** Gives a resource its outputs: invented, or by creating it. Called in dependency order, with inputs resolved. */
  createResource: CreateResource;
  /** Builds a function's bundle and returns its folder; or returns the empty folder it is given. */
  buildFunction(build: FunctionBuild, emptyFolder: string): Promise<string>;
}

/** What the bundled program leaves behind for us. */
interface Program {
  outputs: Record<string, unknown>;
  options: { type: string; name: string; opts: { retainOnDelete?: boolean } }[];
}

/**
 * Runs the real sst.config.ts as the SST CLI does, with Pulumi's mocks in the engine's place. Once per process: SST and
 * Pulumi keep global state.
 */
export async function evaluate(evaluation: Evaluation): Promise<Graph> {
  const work = join(projectRoot, ".sst/evaluations", `${evaluation.stage}-${process.pid}`);
  await mkdir(work, { recursive: true });
  const app = await readApp(evaluation.stage);
  const resources: Resource[] = [];
  const builds: FunctionBuild[] = [];
  const rpc = await startRpcServer(work, { ...evaluation, builds });
  Object.assign(process.env, { SST_SERVER: rpc.url, SST_AWS_REGION: evaluation.region, PULUMI_NODEJS_MODE: "test" });
  globalThis.camclipsEvaluation = { mocks: mocks(evaluation, resources), project: app.name, stack: evaluation.stage };
  try {
    const { outputs, options } = await runProgram(app, work, evaluation);
    const retained = new Set(options.filter(({ opts }) => opts.retainOnDelete).map(({ type, name }) => type + name));
    for (const resource of resources) resource.retained = retained.has(resource.type + resource.name);
    for (const build of builds) build.packed = await packedFor(build, work);
    return { app, resources, builds, outputs: unwrap(outputs) as Record<string, unknown> };
  } finally {
    rpc.close();
    // SST may still be writing into it.
    await rm(work, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** SST writes each function's archive before it uploads it. */
async function packedFor({ functionID }: FunctionBuild, work: string): Promise<FunctionBuild["packed"]> {
  const archive = join(work, "artifacts", functionID, "code.zip");
  return existsSync(archive) ? zipEntries(archive) : [];
}

declare global {
  /** How the bundled program, which knows nothing of our modules, finds its mocks. */
  var camclipsEvaluation: { mocks: unknown; project: string; stack: string } | undefined;
}

async function readApp(stage: string): Promise<Graph["app"]> {
  const config = JSON.stringify(join(projectRoot, "sst.config.ts"));
  const file = await bundleConfig({
    code: `import config from ${config}; export default await config.app(${JSON.stringify({ stage })});`,
    banner: "function $config(config) { return config }",
  });
  const { default: app } = await importOnce<{ default: Partial<Graph["app"]> & { name: string } }>(file);
  return { removal: "retain", protect: false, ...app, stage };
}

async function runProgram(app: Graph["app"], work: string, { dev = false, looksUp }: Evaluation): Promise<Program> {
  const platform = join(projectRoot, ".sst/platform");
  const file = await bundleConfig({
    replaced: looksUp ? {} : { "stacks/brought/look-ups.ts": "tools/resource-graph/evaluation/invent-look-ups.ts" },
    inject: [join(platform, "src/shim/run.js")],
    globals: `import * as aws from "@pulumi/aws"; import * as sst from ${JSON.stringify(join(platform, "src/components"))};\n`,
    define: {
      $app: JSON.stringify(app),
      $dev: String(dev),
      $cli: JSON.stringify({
        command: dev ? "dev" : "deploy",
        dev,
        paths: { home: join(work, "home"), root: projectRoot, work, platform },
        state: { version: {} },
      }),
    },
    code: `
      import * as pulumi from "@pulumi/pulumi";
      import { run } from ${JSON.stringify(join(platform, "src/auto/run.ts"))};
      import config from ${JSON.stringify(join(projectRoot, "sst.config.ts"))};
      const { mocks, project, stack } = globalThis.camclipsEvaluation;
      await pulumi.runtime.setMocks(mocks, project, stack, false, "organization");
      export const options = [];
      export const outputs = await pulumi.runtime.runInPulumiStack(() => {
        pulumi.runtime.registerStackTransformation(({ type, name, opts }) => void options.push({ type, name, opts }));
        return run(config.run);
      });
      await pulumi.runtime.disconnect();
    `,
  });
  // What is thrown inside of an `apply` reaches nobody: it shows up as an unhandled rejection only, often as several.
  const { promise: failure, reject } = Promise.withResolvers<never>();
  process.on("unhandledRejection", reject);
  return Promise.race([importOnce<Program>(file), failure]);
}

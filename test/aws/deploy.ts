import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Graph } from "../../tools/resource-graph/graph/graph.ts";
import { projectRoot } from "../../tools/resource-graph/paths.ts";
import type { AccountPlace } from "./clients.ts";

export interface DeployOptions extends AccountPlace {
  stage: string;
  certificate?: string | undefined;
  /** Folder of the handlers' bundles. */
  bundles: string;
  /** The stage's settings: what `.env.<stage>` would hold. */
  environment: Record<string, string>;
  /** Variables that the functions get besides their own, on the emulator only. */
  functionEnvironment: Record<string, string>;
}

/**
 * Creates on the emulator what the real sst.config.ts describes, with the real bundles, in a process of its own.
 * @throws Error with the first resource that could not be created.
 */
export async function deploy(options: DeployOptions): Promise<Graph> {
  const folder = await mkdtemp(join(tmpdir(), "camclips-deploy-"));
  const [optionsFile, out] = [join(folder, "options.json"), join(folder, "graph.json")];
  const { PATH = "", HOME = "" } = process.env;
  try {
    await writeFile(optionsFile, JSON.stringify(options));
    await promisify(execFile)(process.execPath, [join(projectRoot, "test/aws/deploy-child.ts"), optionsFile, out], {
      cwd: projectRoot,
      env: { PATH, HOME, ...credentials(options), ...options.environment },
    });
    return JSON.parse(await readFile(out, "utf8")) as Graph;
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    throw new Error(`the stack could not be created: ${stderr.trim() || error}`, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** As SST hands them down; the rest is for the program's own look at what is brought. */
function credentials({ account, endpoint }: DeployOptions): Record<string, string> {
  return { SST_AWS_ACCESS_KEY_ID: account, SST_AWS_SECRET_ACCESS_KEY: "test", AWS_ENDPOINT_URL: endpoint };
}

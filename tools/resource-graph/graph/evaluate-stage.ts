import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../paths.ts";
import { ensurePlatform } from "../platform.ts";
import { writeStandInFfmpeg } from "../stand-in.ts";
import type { Graph } from "./graph.ts";

/** Settings that satisfy a shared stage, for looking at the graph without an environment of one's own. */
export const exampleEnvironment = {
  CAM_SERVICES_URL: "https://cameras.example.com",
  RECORDINGS_URL: "https://recordings.example.com",
  CLIP_URL: "https://clips.example.com",
  S3_BUCKET_ORIGIN: "recordings",
  S3_BUCKET_ORIGIN_DIR: "archive",
};

/**
 * Evaluates the real sst.config.ts for a stage, without an AWS account and without a Pulumi engine, in a process of its
 * own: SST and Pulumi change directory and keep global state.
 * @param environment what the stage would find in `.env.<stage>`.
 * @throws Error with what the evaluation printed when the configuration is refused.
 */
export async function evaluateStage(
  stage: string,
  environment: Record<string, string>,
  command: "deploy" | "dev" = "deploy",
): Promise<Graph> {
  await ensurePlatform();
  const folder = await mkdtemp(join(tmpdir(), "camclips-graph-"));
  const out = join(folder, "graph.json");
  try {
    await run(process.execPath, [join(projectRoot, "tools/resource-graph/evaluation/child.ts"), stage, out, command], {
      FFMPEG_LAMBDA_BIN: await writeStandInFfmpeg(folder),
      ...environment,
    });
    return JSON.parse(await readFile(out, "utf8")) as Graph;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The child sees the stage's environment alone: a developer's own settings must not colour the graph. */
async function run(command: string, parameters: string[], environment: Record<string, string>): Promise<void> {
  const { PATH = "", HOME = "", TMPDIR } = process.env;
  const env = { PATH, HOME, ...(TMPDIR && { TMPDIR }), ...environment };
  try {
    await promisify(execFile)(command, parameters, { cwd: projectRoot, env });
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    throw new Error(stderr.trim() || String(error), { cause: error });
  }
}

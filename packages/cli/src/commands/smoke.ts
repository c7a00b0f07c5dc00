import type { Command } from "commander";
import { exitCodes, exitCodesHelp, UsageError } from "../exit-codes.ts";
import { parseCount } from "../input/count.ts";
import { parseInstant } from "../input/instant.ts";
import { requestBodyOf } from "../input/request-options.ts";
import { stageOption } from "../input/stage-option.ts";
import { Subcommand } from "../subcommand.ts";
import { seconds } from "../view/format.ts";
import { parseId } from "./clip.ts";

interface SmokeOptions {
  stage: string;
  camera?: string;
  start?: number;
  end?: number;
  timeout: number;
  json?: true;
}

const help = `
Asks for the range of the clip that was delivered last, under a new clipId (smoke-...), or for the one that is given.
It passes when the clip is available, with all its objects. The camera service and subscribers are told as of any clip.
After every deploy: ends with 0 for PASS, 3 for a clip that was answered otherwise, 4 for none in time.

Examples:
  camclips smoke --stage staging
  camclips smoke --stage production --camera harbour --start 2026-11-23T10:00Z --end 2026-11-23T10:00:10Z --timeout 120
${exitCodesHelp}`;

export function smokeCommand(): Command {
  return new Subcommand("smoke")
    .description("send one clip through a deployed stage: PASS or FAIL, with the time of each stage (AWS)")
    .option("--camera <id>", "a camera with footage of the range", parseId)
    .option("--start <time>", "start of the clip", parseInstant)
    .option("--end <time>", "end of the clip", parseInstant)
    .option("--timeout <seconds>", "how long to wait for it", parseCount, 300)
    .addOption(stageOption().makeOptionMandatory())
    .option("--json", "print the result as JSON")
    .addHelpText("after", help)
    .action(smokeTest);
}

async function smokeTest({ stage, timeout, json, ...asked }: SmokeOptions): Promise<void> {
  const [{ findDeployment }, { recordsOf }, { latestDelivered, smoke }] = await Promise.all([
    import("../deployed/deployment.ts"),
    import("../deployed/records.ts"),
    import("../deployed/smoke.ts"),
  ]);
  const deployed = await findDeployment(stage);
  const { camera, start, end } = await rangeOf(asked, async () => latestDelivered(recordsOf(deployed)));
  const clipId = `smoke-${Date.now()}`;
  const result = await smoke(deployed, requestBodyOf(clipId, { camera, start, end }), timeout * 1000);
  if (json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else {
    for (const { stage: name, event, ms } of result.stages)
      process.stdout.write(`${(ms === null ? "-" : seconds(ms)).padStart(10)}  ${name.padEnd(18)} ${event}\n`);
    const verdict = result.passed ? "PASS" : `FAIL  ${result.problems.join("; ")}`;
    process.stdout.write(`${seconds(result.totalMs).padStart(10)}  ${clipId.padEnd(18)} ${verdict}\n`);
  }
  if (!result.passed) process.exitCode = result.status === null ? exitCodes.pending : exitCodes.noClip;
}

interface Range {
  camera: string;
  start: number;
  end: number;
}

type Found = { cameraId: string | null; startMs: number | null; endMs: number | null } | undefined;

async function rangeOf({ camera, start, end }: Partial<Range>, latest: () => Promise<Found>): Promise<Range> {
  if (camera !== undefined && start !== undefined && end !== undefined) return { camera, start, end };
  if (camera !== undefined || start !== undefined || end !== undefined)
    throw new UsageError("give --camera, --start and --end, or none of them");
  const { cameraId = null, startMs = null, endMs = null } = (await latest()) ?? {};
  if (cameraId !== null && startMs !== null && endMs !== null) return { camera: cameraId, start: startMs, end: endMs };
  throw new UsageError("no clip was delivered here yet: name footage with --camera, --start and --end");
}

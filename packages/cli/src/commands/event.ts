import { writeFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { exitCodesHelp, UsageError } from "../exit-codes.ts";
import { ownCommand, shellWord } from "../own-command.ts";
import { type Sample, sampleEvent } from "../sample-events.ts";
import { Subcommand } from "../subcommand.ts";
import { parseId } from "./clip.ts";

type EventOptions = { [S in Sample]?: true } & { camera?: string; out: string };

const samples: [flags: string, sample: Sample, description: string][] = [
  ["-a, --available", "available", "30 s, ten minutes ago: CLIP_AVAILABLE"],
  ["-p, --pending", "pending", "camera down, just now: CLIP_PENDING"],
  ["-n, --not-available", "notAvailable", "camera down, two days ago: CLIP_NOT_AVAILABLE"],
  ["-o, --out-of-range", "outOfRange", "eight days ago: CLIP_OUT_OF_RANGE"],
  ["-t, --too-long", "tooLong", "eight minutes long: CLIP_TOO_LONG"],
];

const help = `
The statuses are those of the default settings; "camclips invoke --camera-service fake" knows the cameras of the samples.

Examples:
  camclips event -a && camclips invoke --camera-service fake
  camclips event -p --camera 583499c4e411dc743a5d5296 --out pending.json
  camclips event -t --out - | camclips invoke - --camera-service fake
${exitCodesHelp}`;

export function eventCommand(): Command {
  const command = new Subcommand("event").description("write a sample SQS event, as Lambda receives it");
  for (const [flags, , description] of samples) {
    const others = samples.map(([, sample]) => sample).filter((sample) => !flags.includes(kebab(sample)));
    command.addOption(new Option(flags, description).conflicts(others));
  }
  return command
    .option("--camera <id>", "camera to ask for (default: one that suits the sample)", parseId)
    .option("--out <file>", 'file to write, "-" for stdout', "event.json")
    .addHelpText("after", help)
    .action(event);
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

async function event(options: EventOptions): Promise<void> {
  const sample = samples.find(([, name]) => options[name])?.[1];
  if (!sample) {
    const choices = samples.map(([flags, , description]) => `  ${flags.padEnd(20)} ${description}`).join("\n");
    throw new UsageError(`which sample?\n${choices}`);
  }
  const text = `${JSON.stringify(sampleEvent(sample, options.camera, Date.now()), null, 2)}\n`;
  if (options.out === "-") {
    process.stdout.write(text);
    return;
  }
  await writeFile(options.out, text).catch((error: Error) => {
    throw new UsageError(`cannot write ${options.out}: ${error.message}`);
  });
  process.stdout.write(
    `wrote ${options.out}; run it with: ${ownCommand()} invoke ${shellWord(options.out)} --camera-service fake\n`,
  );
}

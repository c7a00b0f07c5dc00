import { DEAD_LETTER_QUEUES, type DeadWork } from "@camclips/functions";
import { Argument, type Command, InvalidArgumentError } from "commander";
import { suggesting } from "../completion/suggestions.ts";
import { addPlaceOptions, openDesk, type Place } from "../desk/place.ts";
import { exitCodesHelp } from "../exit-codes.ts";
import { parseCount } from "../input/count.ts";
import { Subcommand } from "../subcommand.ts";
import { roughly } from "../view/format.ts";

interface DeadLettersOptions extends Place {
  limit: number;
  json?: true;
}

const help = `
One line for each: function, age, clip, what its clip was told, what the function was to work on, and the first error known.
"schedules" are messages that a one-shot schedule could not deliver. Looking changes nothing; on AWS a message that was
looked at is hidden for 20 s. Afterwards: fix the cause, then "camclips redrive".

Examples:
  camclips dead-letters --stage production
  camclips dead-letters render-clip --stage production
  camclips dead-letters --server http://127.0.0.1:8420
  camclips dead-letters --json | jq -r '.[] | [.function, .clipId, .error] | @tsv'
${exitCodesHelp}`;

export function deadLettersCommand(): Command {
  const command = new Subcommand("dead-letters")
    .description("look into dead letters: whose clips they are, and why they rest")
    .addArgument(
      suggesting(
        new Argument("[function...]", "only those of these stages of the pipeline, or of schedules").argParser(
          parseQueue,
        ),
        DEAD_LETTER_QUEUES,
      ),
    )
    .option("--limit <count>", "at most so many of each function", parseCount, 100);
  return addPlaceOptions(command, "state folder of the commands that left them")
    .option("--json", "print them as a JSON array")
    .addHelpText("after", help)
    .action(deadLetters);
}

function parseQueue(text: string, before: string[] = []): string[] {
  if (DEAD_LETTER_QUEUES.includes(text)) return [...before, text];
  throw new InvalidArgumentError(`There are no dead letters of "${text}". Those of: ${DEAD_LETTER_QUEUES.join(", ")}.`);
}

async function deadLetters(named: readonly string[], { limit, json, ...place }: DeadLettersOptions): Promise<void> {
  const queues = named.length > 0 ? named : DEAD_LETTER_QUEUES;
  const found = await (await openDesk(place)).deadLetters(queues, limit);
  if (json) {
    process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    return;
  }
  for (const letter of found) process.stdout.write(`${lineOf(letter)}\n`);
  if (found.length === 0) process.stderr.write("no dead letters\n");
}

function lineOf({ function: name, ageMs, clipId, reason, message, error }: DeadWork): string {
  const parts = [name.padEnd(17), roughly(ageMs).padStart(9), clipId ?? "?", reason ?? "-", message];
  const first = error?.split("\n", 1)[0] ?? "no error is known";
  return `${parts.join("  ")}  ${first}`;
}

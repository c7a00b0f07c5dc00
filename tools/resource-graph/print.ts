import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs, parseEnv } from "node:util";
import { evaluateStage } from "./graph/evaluate-stage.ts";
import { projectRoot } from "./paths.ts";
import { review } from "./review.ts";

const HELP = `Shows what sst deploy would create for a stage, without AWS.

  npm run infra:graph                              the stage dev, for reading
  npm run -s infra:graph -- --stage production --json
`;

/** The names that SST accepts. */
const STAGE = /^[A-Za-z][A-Za-z0-9-]*$/;

/** Bad arguments are a message and exit code 2, no stack. */
function readArguments() {
  try {
    const options = {
      stage: { type: "string", default: "dev" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    } as const;
    const { values } = parseArgs({ options });
    if (!STAGE.test(values.stage))
      throw new Error(
        `--stage "${values.stage}": a stage's name starts with a letter and holds letters, digits and "-".`,
      );
    return values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    process.exit(2);
  }
}

/** What SST would load for the stage; the example's values where a checkout has no environment of its own. */
function environmentOf(stage: string): Record<string, string> {
  const own = [".env", `.env.${stage}`].map((name) => join(projectRoot, name)).filter(existsSync);
  const files = own.length > 0 ? own : [join(projectRoot, ".env.example")];
  if (own.length === 0) console.error(`No .env.${stage}: showing the graph with the values of .env.example.`);
  return Object.assign({}, ...files.map((file) => parseEnv(readFileSync(file, "utf8"))));
}

const { help, json, stage } = readArguments();
try {
  if (help) process.stdout.write(HELP);
  else {
    const graph = await evaluateStage(stage, environmentOf(stage));
    console.log(json ? JSON.stringify(graph, null, 2) : review(graph));
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

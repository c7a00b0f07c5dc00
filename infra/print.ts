import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs, parseEnv } from "node:util";
import { evaluateStage } from "./graph/evaluate-stage.ts";
import { projectRoot } from "./paths.ts";
import { review } from "./review.ts";

const { values } = parseArgs({
  options: { stage: { type: "string", default: "dev" }, json: { type: "boolean", default: false } },
});

/** What SST would load for the stage; the example's values where a checkout has no environment of its own. */
function environmentOf(stage: string): Record<string, string> {
  const own = [".env", `.env.${stage}`].map((name) => join(projectRoot, name)).filter(existsSync);
  const files = own.length > 0 ? own : [join(projectRoot, ".env.example")];
  if (own.length === 0) console.error(`No .env.${stage}: showing the graph with the values of .env.example.`);
  return Object.assign({}, ...files.map((file) => parseEnv(readFileSync(file, "utf8"))));
}

try {
  const graph = await evaluateStage(values.stage, environmentOf(values.stage));
  console.log(values.json ? JSON.stringify(graph, null, 2) : review(graph));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

import { writeFile } from "node:fs/promises";
import { evaluate } from "./evaluate.ts";
import { inventOutputs } from "./invent-outputs.ts";

const [stage, out, command] = process.argv.slice(2);
if (!stage || !out) throw new Error("usage: child.ts <stage> <file for the graph> [dev]");

// Exit codes and plain messages: the parent shows them to people.
try {
  const graph = await evaluate({
    stage,
    dev: command === "dev",
    account: "123456789012",
    region: process.env.GRAPH_REGION || "eu-west-1",
    looksUp: false,
    createResource: inventOutputs,
    buildFunction: async (_build, emptyFolder) => emptyFolder,
  });
  await writeFile(out, JSON.stringify(graph));
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

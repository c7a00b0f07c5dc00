import { parseArgs } from "node:util";
import * as z from "zod/mini";
import { catalog, definitionOf } from "./catalog.ts";

const { positionals } = parseArgs({ allowPositionals: true });
const unknown = positionals.filter((type) => !definitionOf(type));
if (unknown.length > 0) {
  process.stderr.write(`no event ${unknown.join(", ")}; there are: ${catalog.map(({ type }) => type).join(", ")}\n`);
  process.exit(2);
}
const chosen = catalog.filter(({ type }) => positionals.length === 0 || positionals.includes(type));
const schemas = Object.fromEntries(
  chosen.map(({ type, summary, detail }) => [type, { description: summary, ...z.toJSONSchema(detail) }]),
);
process.stdout.write(`${JSON.stringify(schemas, null, 2)}\n`);

const { npm_lifecycle_event: script, npm_config_loglevel: loglevel } = process.env;
if (script && loglevel !== "silent" && !process.stdout.isTTY)
  process.stderr.write(`npm wrote its banner before the JSON: run it as npm run --silent ${script}\n`);

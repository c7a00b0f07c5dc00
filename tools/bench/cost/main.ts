import { callsOfOneClip } from "../../../packages/testing/src/chain/count-calls.ts";
import { costPage } from "./cost-page.ts";
import { prices } from "./prices.ts";

const HELP = `Counts what one clip asks of AWS, and says what 1,000 cost and which stage is full first (docs/scale.md).

  npm run bench:cost                 the tables of docs/scale.md
  npm run -s bench:cost -- --json    the counted calls and the prices
`;

const [option] = process.argv.slice(2);
if (option === undefined) console.log(costPage(await callsOfOneClip()));
else if (option === "--json") console.log(JSON.stringify({ calls: await callsOfOneClip(), prices }, null, 2));
else {
  (option === "--help" ? process.stdout : process.stderr).write(HELP);
  process.exitCode = option === "--help" ? 0 : 2;
}

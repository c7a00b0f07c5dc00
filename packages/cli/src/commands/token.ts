import { createHash, randomBytes } from "node:crypto";
import { type Command, InvalidArgumentError, Option } from "commander";
import { Subcommand } from "../subcommand.ts";

const SCOPES = ["view", "request", "administer"];

const help = `
The token goes to whoever calls the service (Authorization: Bearer TOKEN) and is shown this once; its hash goes into the configuration.

Scopes, each with those before it:
  view        look at cameras, footage, clips and numbers
  request     ask for clips, cancel them, make links to them
  administer  send dead letters back, replay clips

Examples:
  camclips token office --scope view`;

export function tokenCommand(): Command {
  return new Subcommand("token")
    .description("make a token for the HTTP API of camclips serve")
    .argument("<name>", "what it is called in the configuration", parseName)
    .addOption(new Option("--scope <scope>", "what it may do").choices(SCOPES).default("request"))
    .addHelpText("after", help)
    .action((name: string, { scope }: { scope: string }) => {
      const token = randomBytes(24).toString("base64url");
      const sha256 = createHash("sha256").update(token).digest("hex");
      process.stdout.write(
        `token: ${token}\n\nIn the configuration:\n\ntokens:\n  - { name: ${name}, scope: ${scope}, sha256: ${sha256} }\n`,
      );
    });
}

function parseName(text: string): string {
  if (/^[\w-]{1,40}$/.test(text)) return text;
  throw new InvalidArgumentError("Names are 1 to 40 letters, digits, _ and -.");
}

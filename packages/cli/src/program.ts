import { Argument, Command } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { batchCommand } from "./commands/batch.ts";
import { cancelCommand } from "./commands/cancel.ts";
import { clipCommand } from "./commands/clip.ts";
import { clipsCommand } from "./commands/clips.ts";
import { completionCommand } from "./commands/completion.ts";
import { consoleCommand } from "./commands/console.ts";
import { coverageCommand } from "./commands/coverage.ts";
import { deadLettersCommand } from "./commands/dead-letters.ts";
import { demoCommand } from "./commands/demo.ts";
import { eventCommand } from "./commands/event.ts";
import { evidenceCommand } from "./commands/evidence.ts";
import { groupCommand } from "./commands/group.ts";
import { groupsCommand } from "./commands/groups.ts";
import { initCommand } from "./commands/init.ts";
import { invokeCommand } from "./commands/invoke.ts";
import { linkCommand } from "./commands/link.ts";
import { logsCommand } from "./commands/logs.ts";
import { redriveCommand } from "./commands/redrive.ts";
import { replayCommand } from "./commands/replay.ts";
import { requestCommand } from "./commands/request.ts";
import { serveCommand } from "./commands/serve.ts";
import { smokeCommand } from "./commands/smoke.ts";
import { timelineCommand } from "./commands/timeline.ts";
import { tokenCommand } from "./commands/token.ts";
import { verifyCommand } from "./commands/verify.ts";
import { suggesting } from "./completion/suggestions.ts";
import { exitCodesHelp } from "./exit-codes.ts";

const help = `
Start with "camclips demo". "camclips help <command>" shows examples of each.
${exitCodesHelp}`;

/** The command tree. Errors of usage are thrown (CommanderError, UsageError) after commander printed its own. */
export function createProgram(): Command {
  const program = new Command("camclips")
    .description("Cuts exact wall-clock clips out of camera recordings.")
    .version(packageJson.version)
    .showHelpAfterError("(--help shows the options and examples)")
    .helpCommand(false)
    .addHelpText("after", help);
  const here = [
    demoCommand(),
    clipCommand(),
    coverageCommand(),
    batchCommand(),
    initCommand(),
    serveCommand(),
    consoleCommand(),
    tokenCommand(),
    evidenceCommand(),
    verifyCommand(),
    eventCommand(),
    invokeCommand(),
  ];
  const anywhere = [
    timelineCommand(),
    clipsCommand(),
    groupsCommand(),
    groupCommand(),
    cancelCommand(),
    linkCommand(),
    deadLettersCommand(),
    logsCommand(),
  ];
  const deployed = [requestCommand(), smokeCommand(), replayCommand(), redriveCommand()];
  const commands = [...here, ...anywhere, ...deployed, completionCommand(program), helpCommand(program)];
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program));
  for (const command of [program, ...program.commands]) command.exitOverride();
  return program;
}

/** Commander's own answers an unknown command with the general help, without a word about it. */
function helpCommand(program: Command): Command {
  return new Command("help")
    .description("display help for command")
    .addArgument(suggesting(new Argument("[command]"), () => program.commands.map((command) => command.name())))
    .action(async (name?: string) => {
      if (name === undefined) program.help();
      program.commands.find((command) => command.name() === name)?.help();
      // Refused as it would be without "help" before it.
      await program.parseAsync([name], { from: "user" });
    });
}

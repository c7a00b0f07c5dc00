import { Argument, type Command } from "commander";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { wordsOf } from "../completion/words.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { Subcommand } from "../subcommand.ts";

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

const help = `
Load it where your shell starts; it offers commands, options, and values that are known.

Examples:
  echo 'source <(camclips completion bash)' >> ~/.bashrc
  echo 'source <(camclips completion zsh)' >> ~/.zshrc       # after compinit
  camclips completion fish > ~/.config/fish/completions/camclips.fish

"camclips" has to be a command of yours: on the PATH, or as an alias of its path.`;

/** @param program whose commands it is about. */
export function completionCommand(program: Command): Command {
  return new Subcommand("completion")
    .description("print what makes a shell complete commands and options")
    .addArgument(new Argument("<shell>", "whose completion").choices(Object.keys(scripts)))
    .addHelpText("after", help)
    .action((shell: keyof typeof scripts) => {
      process.stdout.write(scripts[shell](program.name(), wordsOf(program)));
    });
}

import { Command, type ParseOptionsResult } from "commander";

/** Names an unknown option before a missing one: as a rule the one is the other, mistyped. */
export class Subcommand extends Command {
  override parseOptions(argv: string[]): ParseOptionsResult {
    const parsed = super.parseOptions(argv);
    // Commander asks for mandatory options first. It will end with the unknown one now, or with the help.
    if (parsed.unknown.length > 0) for (const option of this.options) option.mandatory = false;
    return parsed;
  }
}

import type { Command, Option } from "commander";
import { suggestedFor } from "./suggestions.ts";

/** What a value is: one of some words, a file, a folder, or something that only people know. */
export interface ValueWords {
  /** `dir`, as the help calls it. */
  name: string;
  kind: "words" | "file" | "folder" | "text";
  words: readonly string[];
}

export interface OptionWords {
  /** `-a`, `--available` */
  flags: string[];
  description: string;
  value?: ValueWords;
}

export interface CommandWords {
  name: string;
  description: string;
  options: OptionWords[];
  arguments: ValueWords[];
}

/** What can be typed, out of the same declaration as the help texts. */
export function wordsOf(program: Command): CommandWords[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: optionsOf(command),
    arguments: command.registeredArguments.map((argument) => valueWords(argument.name(), suggestedFor(argument))),
  }));
}

function optionsOf(command: Command): OptionWords[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      flags: [option.short, option.long].filter((flag) => flag !== undefined),
      description: option.description,
      ...((option.required || option.optional) && { value: valueWords(nameOf(option), suggestedFor(option)) }),
    }));
}

const nameOf = ({ flags }: Option): string => /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1] ?? "value";

/** The names that help texts use say what is a file, and what a folder. */
function valueWords(name: string, words: readonly string[]): ValueWords {
  if (words.length > 0) return { name, kind: "words", words };
  const kind = /^(?:dir|folder)$/.test(name) ? "folder" : name === "file" ? "file" : "text";
  return { name, kind, words };
}

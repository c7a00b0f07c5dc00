import type { CommandWords, OptionWords, ValueWords } from "./words.ts";

export function fishCompletion(program: string, commands: readonly CommandWords[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const first = `not __fish_seen_subcommand_from ${names}`;
  const lines = [
    `# Completion of ${program} for fish: ${program} completion fish | source`,
    `complete -c ${program} -f`,
    ...commands.map(
      ({ name, description }) => `complete -c ${program} -n ${quoted(first)} -a ${name} -d ${quoted(description)}`,
    ),
    `complete -c ${program} -n ${quoted(first)} -l version -d 'output the version number'`,
    ...commands.flatMap(({ name, options, arguments: taken }) => {
      const start = `complete -c ${program} -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
      const [argument] = taken;
      return [
        ...options.map(
          (option) => `${start} ${flagsOf(option)}${takenBy(option.value)} -d ${quoted(option.description)}`,
        ),
        ...(argument && argument.kind !== "text" ? [`${start}${offered(argument)}`] : []),
      ];
    }),
  ];
  return `${lines.join("\n")}\n`;
}

const flagsOf = ({ flags }: OptionWords): string =>
  flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(" ");

const takenBy = (value: ValueWords | undefined): string =>
  value ? ` ${value.kind === "file" ? "-r" : "-x"}${offered(value)}` : "";

function offered({ kind, words }: ValueWords): string {
  if (kind === "words") return ` -a ${quoted(words.join(" "))}`;
  if (kind === "folder") return " -a '(__fish_complete_directories)'";
  return kind === "file" ? " -F" : "";
}

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

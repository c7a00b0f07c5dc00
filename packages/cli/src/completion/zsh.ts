import type { CommandWords, OptionWords, ValueWords } from "./words.ts";

/** Works when it is sourced, and as a file `_camclips` on the fpath. */
export function zshCompletion(program: string, commands: readonly CommandWords[]): string {
  const list = commands.map(({ name, description }) => `    ${quoted(`${name}:${plain(description)}`)}`);
  const arms = commands.map(
    ({ name, options, arguments: taken }) =>
      `    ${name}) _arguments -s ${[...options.map(optionSpec), ...taken.map(argumentSpec)].join(" \\\n      ")} ;;`,
  );
  return `#compdef ${program}
# Completion of ${program} for zsh: source <(${program} completion zsh)
_${program}() {
  local -a commands=(
${list.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe -t commands command commands
    _arguments '--help[display help]' '--version[output the version number]'
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${arms.join("\n")}
  esac
}
if [ "$funcstack[1]" = "_${program}" ]; then _${program} "$@"; else compdef _${program} ${program}; fi
`;
}

/** Any of them once more, since some may be repeated. */
const optionSpec = ({ flags, description, value }: OptionWords): string =>
  flags.map((flag) => quoted(`*${flag}[${plain(description)}]${value ? `:${actionOf(value)}` : ""}`)).join(" ");

const argumentSpec = (value: ValueWords): string => quoted(`*:${actionOf(value)}`);

function actionOf({ name, kind, words }: ValueWords): string {
  const action = { words: `(${words.join(" ")})`, file: "_files", folder: "_files -/", text: "" }[kind];
  return `${plain(name)}:${action}`;
}

/** What means something in a specification is left out of texts. */
const plain = (text: string): string => text.replace(/[[\]:\\]/g, " ").replace(/\s+/g, " ");

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

import type { CommandWords, ValueWords } from "./words.ts";

/** For bash 3.2 and later, so also that of macOS: no associative arrays, no mapfile. */
export function bashCompletion(program: string, commands: readonly CommandWords[]): string {
  const replyWith = ({ kind, words }: ValueWords) => `_${program}_reply ${kind} "${words.join(" ")}" "$cur"; return`;
  const values = commands.flatMap(({ name, options }) =>
    options.flatMap(({ flags, value }) => (value ? [`    ${patterns(name, flags)}) ${replyWith(value)} ;;`] : [])),
  );
  const arms = commands.map(({ name, options, arguments: taken }) => {
    const flags = options.flatMap(({ flags }) => flags).join(" ");
    const [first] = taken;
    return `    ${name}) options="${flags}"; ${first ? argumentWith(first) : ":"} ;;`;
  });
  return `# Completion of ${program} for bash: source <(${program} completion bash)
_${program}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" options="" words="" kind=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=( $(compgen -W "${commands.map(({ name }) => name).join(" ")} --help --version" -- "$cur") )
    return
  fi
  case "\${COMP_WORDS[1]} $prev" in
${values.join("\n")}
  esac
  case "\${COMP_WORDS[1]}" in
${arms.join("\n")}
  esac
  case "$cur" in
    -*) COMPREPLY=( $(compgen -W "$options" -- "$cur") ) ;;
    *) _${program}_reply "$kind" "$words" "$cur" ;;
  esac
}

# Without an answer, bash offers files by itself, as it quotes them best.
_${program}_reply() {
  case "$1" in
    words) COMPREPLY=( $(compgen -W "$2" -- "$3") ) ;;
    file) return ;;
    folder) compopt -o dirnames +o default 2>/dev/null; return ;;
  esac
  [ \${#COMPREPLY[@]} -gt 0 ] || compopt +o default 2>/dev/null
}
complete -o default -F _${program} ${program}
`;
}

const patterns = (command: string, flags: readonly string[]): string =>
  flags.map((flag) => `"${command} ${flag}"`).join("|");

const argumentWith = ({ kind, words }: ValueWords): string => `kind=${kind}; words="${words.join(" ")}"`;

import { writeFile } from "node:fs/promises";

/** Linux takes no longer argument (MAX_ARG_STRLEN, 128 KiB); other systems take less in all. */
const LONGEST_ARGUMENT = 60_000;

/** The same arguments, with a filter graph that is too long for one of them in a file of that path. */
export async function withGraphFile(args: readonly string[], path: string): Promise<string[]> {
  const at = args.indexOf("-filter_complex");
  const graph = args[at + 1] ?? "";
  if (at < 0 || graph.length <= LONGEST_ARGUMENT) return [...args];
  await writeFile(path, graph);
  return [...args.slice(0, at), "-filter_complex_script", path, ...args.slice(at + 2)];
}

import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type TestFolder, testFolder } from "@camclips/testing/folders";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProgram } from "../program.ts";
import { bashCompletion } from "./bash.ts";
import { fishCompletion } from "./fish.ts";
import { type CommandWords, wordsOf } from "./words.ts";
import { zshCompletion } from "./zsh.ts";

const run = promisify(execFile);
let folder: TestFolder;
let commands: CommandWords[];

beforeAll(async () => {
  folder = await testFolder();
  commands = wordsOf(createProgram());
  await writeFile(join(folder.path, "completion.bash"), bashCompletion("camclips", commands));
  await writeFile(join(folder.path, "clips.csv"), "");
  await mkdir(join(folder.path, "clips of today"));
});
afterAll(() => folder[Symbol.asyncDispose]());

/** What bash offers behind a line; nothing where it would offer files. */
async function offered(...line: string[]): Promise<string[]> {
  const words = ["camclips", ...line].map((word) => `'${word}'`).join(" ");
  const script = `source completion.bash; COMP_WORDS=(${words}); COMP_CWORD=${line.length}; _camclips; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run("bash", ["--norc", "-c", script], { cwd: folder.path });
  return stdout.split("\n").filter((word) => word !== "");
}

/** What an interactive bash makes of a line when Tab is pressed. */
async function typed(line: string): Promise<string> {
  const script = `bind 'set bell-style none' 2>/dev/null\nsource completion.bash\ncamclips() { printf 'got <%s>\\n' "$@"; }\n${line}\t\n`;
  const child = run("bash", ["--norc", "-i"], { cwd: folder.path, env: { ...process.env, PS1: "", TERM: "dumb" } });
  child.child.stdin?.end(script);
  return (await child).stdout;
}

describe("bash's completion", () => {
  it("offers every command, every option of each, and what is known of values", async () => {
    const names = commands.map(({ name }) => name);
    expect(await offered("")).toEqual([...names, "--help", "--version"]);
    expect(await offered("cl")).toEqual(["clip", "clips"]);
    for (const { name, options } of commands.slice(0, 4))
      expect(await offered(name, "--")).toEqual(
        options.flatMap(({ flags }) => flags).filter((flag) => /^--/.test(flag)),
      );
    expect(await offered("clip", "--gap-policy", "")).toEqual([
      ...["SKIP_GAPS", "FILL_WITH_BLACK", "HOLD_LAST_FRAME", "REJECT"],
    ]);
    expect(await offered("clip", "--layout", "media")).toEqual(["mediamtx"]);
    expect(await offered("clips", "wai")).toEqual(["waiting"]);
    expect(await offered("clips", "waiting", "work")).toEqual(["working"]);
    expect(await offered("redrive", "render-")).toEqual(["render-clip", "render-thumbnails"]);
    expect(await offered("help", "ba")).toEqual(["batch"]);
    expect(await offered("completion", "")).toEqual(["bash", "zsh", "fish"]);
    expect(await offered("clip", "--start", "")).toEqual([]);
  });

  it("leaves files to bash where a file is asked for, and to people what only they know", async () => {
    expect(await typed("camclips batch clips.")).toContain("got <clips.csv>");
    expect(await typed("camclips clip --recordings cl")).toContain("got <clips of today/>");
    expect(await typed("camclips clip --camera cl")).toContain("got <cl>");
    expect(await typed("camclips serv")).toContain("got <serve>");
  });
});

it("zsh's and fish's name every command, with its options, values and what they are for", () => {
  const words: CommandWords = {
    ...{ name: "cut", description: "cut a clip: now [really]" },
    options: [
      { flags: ["-o", "--out"], description: "folder", value: { name: "dir", kind: "folder", words: [] } },
      { flags: ["--how"], description: "it's so", value: { name: "way", kind: "words", words: ["a", "b"] } },
    ],
    arguments: [{ name: "file", kind: "file", words: [] }],
  };
  const zsh = zshCompletion("camclips", [words]);
  expect(zsh).toContain("'cut:cut a clip now really '");
  expect(zsh).toContain("'*-o[folder]:dir:_files -/' '*--out[folder]:dir:_files -/'");
  expect(zsh).toContain("'*--how[it'\\''s so]:way:(a b)' \\\n      '*:file:_files'");
  const fish = fishCompletion("camclips", [words]);
  expect(fish).toContain("-n 'not __fish_seen_subcommand_from cut' -a cut -d 'cut a clip: now [really]'");
  expect(fish).toContain("-s o -l out -x -a '(__fish_complete_directories)' -d 'folder'");
  expect(fish).toContain("-l how -x -a 'a b' -d 'it\\'s so'");
  expect(fish).toContain("-n '__fish_seen_subcommand_from cut' -F");
});

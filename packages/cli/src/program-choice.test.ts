import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@camclips/testing/cli/fixtures";
import { expect, it } from "vitest";
import { programIn, SOURCES_FILE, stateOf } from "../bin/program.js";

it("the bundle is run while its sources are as they were, otherwise the sources themselves", async () => {
  await using folder = await temporaryFolder();
  const cli = folder.path;
  const [source, bundle, sources] = [
    join(cli, "src", "main.ts"),
    join(cli, "dist", "main.js"),
    join(cli, "dist", SOURCES_FILE),
  ];
  for (const name of ["src", "dist"]) await mkdir(join(cli, name));
  await writeFile(source, "1");
  expect(programIn(cli)).toBe(source);
  const state = stateOf(source);
  await writeFile(sources, JSON.stringify({ "src/main.ts": state }));
  expect(programIn(cli)).toBe(bundle);

  await writeFile(source, "22");
  expect(programIn(cli)).toBe(source);
  await writeFile(source, "3");
  await utimes(source, new Date(), new Date(Date.now() + 5000));
  expect(programIn(cli)).toBe(source);
  await writeFile(sources, JSON.stringify({ "src/main.ts": stateOf(source), "src/gone.ts": state }));
  expect(programIn(cli)).toBe(source);
  await writeFile(sources, '{"src/main.ts"');
  expect(programIn(cli)).toBe(source);
});

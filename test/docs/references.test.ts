import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const pages = globSync("**/*.md", { cwd: root, exclude: ["**/node_modules/**", ".sst/**"] });
const sources = globSync("{packages,stacks,tools,test}/**/*.ts", { cwd: root, exclude: ["**/node_modules/**"] });
const text = (path: string) => readFileSync(join(root, path), "utf8");

/** As GitHub makes them of headings. */
const anchorsOf = (page: string) =>
  [...text(page).matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{Letter}\p{Number} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

describe("documentation", () => {
  it.each(pages)("%s links only to what is there", (page) => {
    const links = [...text(page).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, link = ""]) => link);
    const broken = links.filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : normalize(join(dirname(page), path));
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && target.endsWith(".md") && !anchorsOf(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it("has every section of the contract that comments cite", () => {
    const headings = [...text("docs/contract.md").matchAll(/^## (\d+)\. /gm)].map(([, number]) => Number(number));
    const cited = sources.flatMap((path) =>
      [...text(path).matchAll(/contract[^.:\n]{0,30}sections? (\d+)(?: and (\d+))?/g)].flatMap(([, one, other]) =>
        [one, other].filter((number) => number !== undefined).map(Number),
      ),
    );
    expect(cited.length).toBeGreaterThan(10);
    expect(cited.filter((number) => !headings.includes(number))).toEqual([]);
  });

  it("names only decisions that are written down", () => {
    const written = globSync("docs/decisions/*.md", { cwd: root }).map((path) => path.split("/").at(-1));
    const cited = sources.flatMap((path) =>
      [...text(path).matchAll(/decisions\/([\w-]+\.md)/g)].map(([, name]) => name),
    );
    expect(cited.filter((name) => !written.includes(name))).toEqual([]);
  });
});

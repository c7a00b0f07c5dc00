import { describe, expect, it } from "vitest";
import { whyNotForLambda } from "./lambda-program.ts";

const libraries = ["libm.so.6", "libmvec.so.1", "libgcc_s.so.1", "libc.so.6", "ld-linux-x86-64.so.2"];
const linked = { format: "ELF", processor: "x64", interpreter: "/lib64/ld-linux-x86-64.so.2", libraries } as const;
const isStatic = { format: "ELF", processor: "x64", libraries: [] } as const;

describe("a program for Lambda", () => {
  it("is static, or linked to nothing but what Lambda has", () => {
    expect(whyNotForLambda(isStatic, "x86_64")).toBeUndefined();
    expect(whyNotForLambda({ ...isStatic, processor: "arm64" }, "arm64")).toBeUndefined();
    expect(whyNotForLambda({ ...linked, glibc: "2.28" }, "x86_64")).toBeUndefined();
  });

  it.each([
    ["a Mac's", { format: "Mach-O", libraries: [] }, "is a program for macOS"],
    ["a script", { format: "script", libraries: [] }, "is no Linux program (script)"],
    ["another processor's", { ...isStatic, processor: "arm64" }, "is built for arm64, and the functions run on x86_64"],
    [
      "a distribution's",
      { ...linked, libraries: [...libraries, "libavcodec.so.59"] },
      "is linked to libraries that Lambda does not have: libavcodec.so.59",
    ],
    ["one for a newer system", { ...linked, glibc: "2.38" }, "needs glibc 2.38, and Lambda has 2.34"],
  ] as const)("is not %s", (_, program, wrong) => {
    expect(whyNotForLambda(program, "x86_64")).toBe(wrong);
  });
});

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createStack } from "./create-stack.ts";
import type { Stack } from "./stack.ts";

const MAIN = fileURLToPath(new URL("../../tools/bench/memory/main.ts", import.meta.url));

let stack: Stack;
let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "memory-on-aws-"));
  const { certificate } = inject("emulator");
  if (certificate) await writeFile(join(cwd, "ca.pem"), certificate);
  stack = await createStack();
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await rm(cwd, { recursive: true, force: true });
});

async function benchMemory(...args: string[]) {
  const env = {
    PATH: process.env.PATH ?? "",
    AWS_ENDPOINT_URL: inject("emulator").endpoint,
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: stack.account,
    AWS_SECRET_ACCESS_KEY: "test",
    NODE_EXTRA_CA_CERTS: join(cwd, "ca.pem"),
  };
  const child = spawn(process.execPath, [MAIN, "--stage", "emulated", ...args], { cwd, env });
  const code = new Promise((resolve) => child.once("close", resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

const memoryMb = async () => {
  const FunctionName = stack.outputs.stages["render-clip"]?.functionName;
  return (await stack.clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))).MemorySize;
};

describe("the sweep over a deployed function's memory", () => {
  it("reads what clips took at each size, and leaves the function as it was", async () => {
    const { startMs } = await stack.camera("harbour", Math.floor(Date.now() / 1000) * 1000 - 3600_000, {
      recordings: 1,
    });
    const range = ["--camera", "harbour", "--start", String(startMs + 1000), "--end", String(startMs + 3000)];
    const before = await memoryMb();
    const done = await benchMemory(...range, "--memory", "1024,2048", "--clips", "1", "--json");
    expect(done.code, done.stderr).toBe(0);
    const { sizes, ...of } = JSON.parse(done.stdout);
    expect(of).toEqual({ function: "render-clip", architecture: "x86_64", seconds: 2 });
    expect(sizes).toMatchObject([{ memoryMb: 1024 }, { memoryMb: 2048 }]);
    for (const { durationMs, usd } of sizes) {
      expect(durationMs).toBeGreaterThan(0);
      expect(usd).toBeGreaterThan(0);
    }
    expect(await memoryMb()).toBe(before);
  });
});

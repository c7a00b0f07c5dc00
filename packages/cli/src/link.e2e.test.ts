import { runCli } from "@camclips/testing/cli/run-cli";
import { until } from "@camclips/testing/folders";
import { PIER_START, startTestService, type TestService } from "@camclips/testing/test-service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await until(async () => (await service.json("/operations")).index.complete);
  const wanted = { clipId: "seen", camera: "pier", start: PIER_START, end: PIER_START + 1000 };
  await service.call("/clips", { json: wanted });
  await until(async () => (await service.json("/clips/seen")).state === "available");
});
afterAll(() => service[Symbol.asyncDispose]());

const link = (...args: string[]) => runCli(["link", ...args, "--server", service.url], { cwd: service.folder });

describe("camclips link", () => {
  it("prints a link to a clip of a service, and until when it works", async () => {
    const { code, stdout, stderr } = await link("seen", "--expires", "90m");
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^works until 20.*Z\n$/)]);
    expect((await fetch(stdout.trim())).headers.get("content-type")).toBe("video/mp4");
    const { url, expiresAt } = JSON.parse((await link("seen", "--expires", "7d", "--json")).stdout);
    expect((await fetch(url)).status).toBe(200);
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(6.9 * 24 * 3600_000);
  });

  it.each([
    [["nothing"], "refuses it"],
    [["seen", "--expires", "soon"], '"soon" is no duration'],
    [["seen", "--expires", "5s"], "a minute at least"],
  ])("says of %j what is wrong", async (args, line) => {
    const { code, stderr } = await link(...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(line)]);
  });
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateKeyCommand, GetPublicKeyCommand } from "@aws-sdk/client-kms";
import { publicKeyOf } from "@camclips/evidence/keys";
import { verifyEvidence } from "@camclips/evidence/verify";
import { expect, it } from "vitest";
import type { Clients } from "./clients.ts";
import { createStack } from "./create-stack.ts";

it("signs clips with a key in KMS, which only the function that signs may use", async () => {
  const settings: Record<string, string> = {};
  await using stack = await createStack(settings, async ({ kms }: Clients) => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" }));
    settings.EVIDENCE_KEY = KeyMetadata?.Arn ?? "";
  });
  const camera = await stack.camera("quay", Math.floor(Date.now() / 1000) * 1000 - 3600_000);
  await stack.request({
    clipId: "signed",
    cameraId: "quay",
    startTimestampInMs: camera.startMs + 4_500,
    endTimestampInMs: camera.startMs + 8_000,
  });
  const { status, body } = await stack.terminal("signed");
  const { PublicKey = new Uint8Array() } = await stack.clients.kms.send(
    new GetPublicKeyCommand({ KeyId: settings.EVIDENCE_KEY }),
  );
  const key = await publicKeyOf(PublicKey);
  expect(status).toBe("CLIP_AVAILABLE");
  expect(body.evidence).toMatchObject({ key: "/quay/signed.manifest.json", kid: key.kid });

  const folder = await mkdtemp(join(tmpdir(), "camclips-evidence-"));
  try {
    const paths: Record<string, string> = {};
    for (const name of ["signed.mp4", "signed.manifest.json"]) {
      const path = join(folder, name);
      await writeFile(path, (await stack.destination.get(`quay/${name}`)) ?? "");
      paths[name] = path;
    }
    const verdict = await verifyEvidence({
      clip: paths["signed.mp4"] ?? "",
      manifest: paths["signed.manifest.json"] ?? "",
      keys: { keys: [key] },
      picture: (name) => stack.destination.get(`quay/${name}`),
    });
    expect(verdict.findings).toEqual([]);
    expect(verdict.intact).toBe(true);
    expect(verdict.manifest?.sources.map(({ ranges }) => ranges.length > 0)).toEqual([true, true]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

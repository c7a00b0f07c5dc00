import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { manifestKey } from "@camclips/core";
import { RequestAccepted } from "@camclips/events";
import { opened } from "@camclips/evidence";
import { fileSigner, type KeySet, newKey, publicKeyIn } from "@camclips/evidence/keys";
import { type Finding, type Verdict, verifyEvidence } from "@camclips/evidence/verify";
import { deliver, eventOf, onlyOne, request, START, type StageWorld, testWorld } from "@camclips/testing/stage-world";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { downloadSources } from "../stages/download-sources.ts";
import { locateSources } from "../stages/locate-sources.ts";
import { publishClip } from "../stages/publish-clip.ts";
import { renderClip } from "../stages/render-clip.ts";
import { renderThumbnails } from "../stages/render-thumbnails.ts";

const { cameraId, clipId } = request();
const MANIFEST = manifestKey(cameraId, clipId);

interface Signed extends AsyncDisposable {
  world: StageWorld;
  pem: string;
  keys: KeySet;
  /** The keys of the clip's objects. */
  files: { clip: string; manifest: string; pictures: string[] };
  recording: string;
  path(key: string): string;
  verify(keys?: KeySet): Promise<Verdict>;
}

/** A clip through the stages, out of a recording whose start it does not need. */
async function signedClip(): Promise<Signed> {
  const world = await testWorld({ EVIDENCE_KEY: "key.pem" });
  const pem = newKey();
  world.deps.signer = await fileSigner(pem);
  const keys = { keys: [await publicKeyIn(pem)] };
  const recording = await world.record(START);
  const accepted = eventOf(RequestAccepted.happened({ request: request() }));
  const pictures = (await makeClip(world, accepted)).data.thumbnails.map(({ key }) => key);
  const path = (key: string) => join(world.folder, key === recording ? "origin" : "destination", key);
  const files = { clip: `${cameraId}/${clipId}.mp4`, manifest: MANIFEST, pictures };
  return {
    ...{ world, pem, keys, files, recording, path },
    verify: (trusted = keys) =>
      verifyEvidence({
        clip: path(files.clip),
        manifest: path(files.manifest),
        keys: trusted,
        picture: (name) => readFile(path(`${cameraId}/${name}`)).catch(() => undefined),
        source: path,
      }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

async function makeClip(world: StageWorld, accepted: unknown) {
  const located = onlyOne("SourcesLocated", await deliver(locateSources, accepted, world));
  const downloaded = onlyOne("SourcesDownloaded", await deliver(downloadSources, located, world));
  const rendered = onlyOne("ClipRendered", await deliver(renderClip, downloaded, world));
  return onlyOne("ThumbnailsRendered", await deliver(renderThumbnails, rendered, world));
}

/** Verifies with one bit of a file flipped. */
async function flipped({ path, verify }: Signed, key: string, at: number, bit: number): Promise<Verdict> {
  const whole = await readFile(path(key));
  const changed = Buffer.from(whole);
  changed[at] = (changed[at] ?? 0) ^ (1 << bit);
  await writeFile(path(key), changed);
  try {
    return await verify();
  } finally {
    await writeFile(path(key), whole);
  }
}

const bit = fc.integer({ min: 0, max: 7 });

describe("a signed clip", () => {
  it("is intact as long as nothing was altered, and every frame that was copied is found in its recording", async () => {
    await using signed = await signedClip();
    const verdict = await signed.verify();
    expect(verdict.findings).toEqual([]);
    expect(verdict).toMatchObject({ intact: true, unchecked: [], kid: signed.world.deps.signer?.kid });
    expect(verdict.checked).toContainEqual(expect.stringMatching(/^[1-9]\d* frames: byte for byte the recordings'$/));
    expect(verdict.manifest).toMatchObject({
      request: { clipId },
      camera: { id: cameraId },
      software: { camclips: "0.1.0", ffmpeg: "0-fake" },
      sources: [{ key: signed.recording, zeroMs: START }],
      frames: [{ from: 0, made: "copied", source: 0 }],
    });
  });

  it("tells whoever is told of the clip where its manifest is", async () => {
    await using world = await testWorld({ EVIDENCE_KEY: "key.pem" });
    world.deps.signer = await fileSigner(newKey());
    await world.record(START);
    const made = await makeClip(world, eventOf(RequestAccepted.happened({ request: request() })));
    const published = onlyOne("ClipPublished", await deliver(publishClip, made, world));
    expect(published.data.clipMetadata.evidence).toEqual({
      url: `https://clips.test.com/${MANIFEST}`,
      key: `/${MANIFEST}`,
      kid: world.deps.signer.kid,
    });
  });

  it("has no manifest, and nothing of it in its events, where no key is named", async () => {
    await using world = await testWorld();
    await world.record(START);
    const made = await makeClip(world, eventOf(RequestAccepted.happened({ request: request() })));
    const published = onlyOne("ClipPublished", await deliver(publishClip, made, world));
    expect(published.data.clipMetadata).not.toHaveProperty("evidence");
    expect(JSON.stringify(world.published)).not.toMatch(/findings|ranges/);
    expect(await world.deps.destination.get(MANIFEST)).toBeUndefined();
  });

  it("keeps its manifest, byte by byte, when the same work is done twice", async () => {
    await using signed = await signedClip();
    const before = await readFile(signed.path(MANIFEST));
    const again = eventOf(RequestAccepted.happened({ request: request() }), { key: "again" });
    await makeClip(signed.world, again);
    expect((await readFile(signed.path(MANIFEST))).equals(before)).toBe(true);
  });
});

describe("one bit that was flipped", () => {
  it("in the clip is noticed, and named to the second", async () => {
    await using signed = await signedClip();
    const size = (await readFile(signed.path(signed.files.clip))).length;
    const property = fc.asyncProperty(fc.integer({ min: 0, max: size - 1 }), bit, async (at, which) => {
      const { intact, findings, manifest } = await flipped(signed, signed.files.clip, at, which);
      expect(intact).toBe(false);
      expect(findings).toHaveLength(1);
      const { what, bytes: [start, end] = [0, 0], seconds, wallClock } = findings[0] ?? ({} as Finding);
      expect(what).toBe("clip");
      expect(start <= at && at < end).toBe(true);
      const isIndex = at < (manifest?.pieces[0]?.end ?? 0);
      expect([seconds, wallClock].every((told) => (told === undefined) === isIndex)).toBe(true);
      if (seconds) expect(seconds[1] - seconds[0]).toBeLessThanOrEqual(2);
    });
    await fc.assert(property, { numRuns: 150 });
  });

  it("in a picture is noticed", async () => {
    await using signed = await signedClip();
    for (const key of signed.files.pictures) {
      const size = (await readFile(signed.path(key))).length;
      const property = fc.asyncProperty(fc.integer({ min: 0, max: size - 1 }), bit, async (at, which) => {
        const { intact, findings } = await flipped(signed, key, at, which);
        expect(intact).toBe(false);
        expect(findings).toMatchObject([{ what: "picture", name: key.split("/").at(-1) }]);
      });
      await fc.assert(property, { numRuns: 15 });
    }
  });

  it("in the manifest is noticed, wherever it is", async () => {
    await using signed = await signedClip();
    const size = (await readFile(signed.path(MANIFEST))).length;
    const property = fc.asyncProperty(fc.integer({ min: 0, max: size - 1 }), bit, async (at, which) => {
      const { intact, findings } = await flipped(signed, MANIFEST, at, which);
      expect(intact).toBe(false);
      expect(findings).toMatchObject([{ what: "manifest" }]);
    });
    // The last characters of a part carry bits that decoders ignore: these, too.
    const parts = (await readFile(signed.path(MANIFEST), "utf8")).matchAll(/[\w-]"/g);
    const examples = [...parts].flatMap(({ index = 0 }) => [0, 1, 2].map((which): [number, number] => [index, which]));
    await fc.assert(property, { numRuns: 150, examples });
  });

  it("in what was read of a recording is noticed, and where it lies", async () => {
    await using signed = await signedClip();
    const { manifest } = await signed.verify();
    const ranges = manifest?.sources[0]?.ranges ?? [];
    const range = fc.constantFrom(...ranges);
    const property = fc.asyncProperty(
      range,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      bit,
      async (of, share, which) => {
        const at = of.start + Math.floor((of.end - of.start) * share);
        const { intact, findings } = await flipped(signed, signed.recording, at, which);
        expect(intact).toBe(false);
        expect(findings.map(({ what }) => what)).toContain("source");
        expect(findings.every(({ what, name }) => what === "source" && name === signed.recording)).toBe(true);
        expect(findings.some(({ bytes: [start, end] = [0, 0] }) => start <= at && at < end)).toBe(true);
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });
});

describe("a clip that was cut short or made longer", () => {
  it.each([
    ["shorter", (whole: Buffer) => whole.subarray(0, -100)],
    ["longer", (whole: Buffer) => Buffer.concat([whole, Buffer.alloc(100)])],
  ])("is noticed to be %s", async (_, change) => {
    await using signed = await signedClip();
    const path = signed.path(signed.files.clip);
    await writeFile(path, change(await readFile(path)));
    const { intact, findings } = await signed.verify();
    expect(intact).toBe(false);
    expect(findings.at(-1)?.problem).toMatch(/^it has \d+ bytes, \d+ were signed$/);
  });
});

describe("keys", () => {
  it("that are not trusted make no clip intact, however well it is signed", async () => {
    await using signed = await signedClip();
    const other = { keys: [await publicKeyIn(newKey())] };
    const { intact, findings } = await signed.verify(other);
    expect(intact).toBe(false);
    expect(findings).toMatchObject([
      { what: "manifest", problem: expect.stringContaining("not among those you trust") },
    ]);
  });

  it("that were rotated out go on to count for what they signed", async () => {
    await using signed = await signedClip();
    const rotated = { keys: [await publicKeyIn(newKey()), ...signed.keys.keys] };
    expect((await signed.verify(rotated)).intact).toBe(true);
  });

  it("do not count under another key's id", async () => {
    await using signed = await signedClip();
    const [key] = signed.keys.keys;
    const forged = { keys: [{ ...(await publicKeyIn(newKey())), kid: key?.kid ?? "" }] };
    expect((await signed.verify(forged)).findings).toMatchObject([
      { what: "manifest", problem: expect.stringContaining("signature does not fit") },
    ]);
  });

  it.each([
    ["compromised", START + 3600_000, false],
    ["compromised", START, false],
    ["superseded", START + 3600_000, true],
    ["superseded", START, false],
  ] as const)("revoked as %s at %i: intact is %s", async (reason, atMs, intact) => {
    await using signed = await signedClip();
    const revoked = { revoked_at: atMs / 1000, reason };
    const keys = { keys: signed.keys.keys.map((key) => ({ ...key, revoked })) };
    const verdict = await signed.verify(keys);
    expect(verdict.intact).toBe(intact);
    expect(verdict.findings.map(({ what }) => what)).toEqual(intact ? [] : ["manifest"]);
  });

  it("sign manifests that say which key it was, and when", async () => {
    await using signed = await signedClip();
    const { header } = opened(await readFile(signed.path(MANIFEST), "utf8"));
    expect(header).toEqual({ alg: "ES256", typ: "camclips-manifest+json", kid: signed.world.deps.signer?.kid });
  });
});

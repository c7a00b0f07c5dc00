import { createVerify, generateKeyPairSync } from "node:crypto";
import { S3Client } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { cloudFrontLink, LONGEST_S3_LINK_MS, s3Link } from "./links.ts";

const NOW = Date.UTC(2026, 0, 1, 12);
const HOUR = 3600_000;

const pair = () =>
  generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });

/** As CloudFront lets somebody in who asks for a URL: the policy is made of the URL and the time, and must be what was signed. */
function letsIn(url: string, publicKey: string, nowMs: number): boolean {
  const asked = new URL(url);
  const [expires = "", signature = ""] = ["Expires", "Signature"].map((name) => asked.searchParams.get(name) ?? "");
  const resource = `${asked.origin}${asked.pathname}`;
  const policy = `{"Statement":[{"Resource":"${resource}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`;
  const bytes = Buffer.from(signature.replaceAll("-", "+").replaceAll("_", "=").replaceAll("~", "/"), "base64");
  return createVerify("RSA-SHA1").update(policy).verify(publicKey, bytes) && nowMs < Number(expires) * 1000;
}

describe("a link through CloudFront", () => {
  const { privateKey, publicKey } = pair();
  const access = { url: "https://d1.cloudfront.net", keyPairId: "K1", privateKey };
  const link = cloudFrontLink(access, "pier 1/a b.mp4", NOW + HOUR);

  it("lets its holder in until it expires, with the key that the distribution trusts", () => {
    expect(link.url).toContain("https://d1.cloudfront.net/pier%201/a%20b.mp4?");
    expect(new URL(link.url).searchParams.get("Key-Pair-Id")).toBe("K1");
    expect(link.expiresAt).toBe(new Date(NOW + HOUR).toISOString());
    expect(letsIn(link.url, publicKey, NOW)).toBe(true);
    expect(letsIn(link.url, publicKey, NOW + HOUR)).toBe(false);
  });

  it.each([
    ["another clip", (url: string) => url.replace("a%20b", "c")],
    ["a later time", (url: string) => url.replace(/Expires=\d+/, `Expires=${(NOW + 9 * HOUR) / 1000}`)],
    ["another signature", (url: string) => url.replace(/Signature=./, "Signature=_")],
  ])("is none to %s", (_, altered) => {
    expect(letsIn(altered(link.url), publicKey, NOW)).toBe(false);
  });

  it("is none for a distribution that trusts another key", () => {
    expect(letsIn(link.url, pair().publicKey, NOW)).toBe(false);
  });
});

describe("a link into a bucket", () => {
  const client = (expiration?: Date) =>
    new S3Client({ region: "eu-west-1", credentials: { accessKeyId: "a", secretAccessKey: "b", expiration } });
  const to = { bucket: "clips", key: "pier/a.mp4" };

  it("says when it expires, which is never later than its credentials, or a week", async () => {
    const lives = async (expiration: Date | undefined, expiresMs: number) =>
      Date.parse((await s3Link(client(expiration), to, expiresMs, NOW)).expiresAt) - NOW;
    expect(await lives(undefined, NOW + HOUR)).toBe(HOUR);
    expect(await lives(new Date(NOW + 2 * HOUR), NOW + 24 * HOUR)).toBe(2 * HOUR);
    expect(await lives(undefined, NOW + 30 * 24 * HOUR)).toBe(LONGEST_S3_LINK_MS);
    const { url } = await s3Link(client(), to, NOW + HOUR, NOW);
    expect(new URL(url).searchParams.get("X-Amz-Expires")).toBe("3600");
  });
});

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileSource } from "@camclips/mp4";
import { alteredPieces, type Stretch } from "./altered-pieces.ts";
import { wallMsAt } from "./clock.ts";
import { digestOf } from "./digest.ts";
import { opened } from "./jws.ts";
import { type Manifest, manifest as manifestSchema } from "./manifest.ts";
import { whyNotTrusted } from "./trust.ts";
import type { Evidence, Finding, Verdict } from "./verdict.ts";
import { checkSources } from "./verify-sources.ts";

export type { Evidence, Finding, Verdict } from "./verdict.ts";

/** Compares a clip with its signed manifest, without asking anybody. */
export async function verifyEvidence(evidence: Evidence): Promise<Verdict> {
  const { keys } = evidence;
  const name = basename(evidence.manifest);
  const verdict: Verdict = { intact: false, findings: [], checked: [], unchecked: [] };
  const distrust = (problem: string) => verdict.findings.push({ what: "manifest", name, problem });
  const document = openedOrNot(await readFile(evidence.manifest));
  if (!document) {
    distrust("it is no manifest, or no longer: it was altered");
    return verdict;
  }
  const { jws, header, payload } = document;
  const read = manifestSchema.safeParse(payload);
  const madeAt = read.success ? read.data.made.at : "";
  const why = await whyNotTrusted(jws, { kid: header.kid, madeAt }, keys);
  verdict.kid = header.kid;
  if (why) distrust(why.problem);
  // What an altered manifest says is nobody's word.
  if (why?.kind === "altered") return verdict;
  if (!read.success) {
    distrust("it is signed, but another version of camclips wrote it: use that one, or a newer one");
    return verdict;
  }
  verdict.manifest = read.data;
  verdict.checked.push(`signature of ${header.kid}`);
  await checkClip(evidence, read.data, verdict);
  await checkPictures(evidence, read.data, verdict);
  await checkSources(evidence, read.data, verdict);
  verdict.intact = verdict.findings.length === 0;
  return verdict;
}

function openedOrNot(bytes: Uint8Array): ReturnType<typeof opened> | undefined {
  try {
    return opened(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

async function checkClip({ clip: path, signal }: Evidence, told: Manifest, verdict: Verdict): Promise<void> {
  const name = basename(path);
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash, { signal });
  verdict.checked.push(name);
  if (hash.digest("hex") === told.clip.sha256) return;
  await using file = await fileSource(path);
  const altered = await alteredPieces(file, told.pieces, signal);
  for (const { start, end, pieces } of altered) verdict.findings.push(clipFinding(name, { start, end, pieces }, told));
  if (file.size !== told.clip.bytes) {
    const problem = `it has ${file.size} bytes, ${told.clip.bytes} were signed`;
    verdict.findings.push({ what: "clip", name, problem });
  }
}

function clipFinding(name: string, { start, end, pieces }: Stretch, { clock }: Manifest): Finding {
  const shown = pieces.flatMap(({ seconds }) => (seconds ? [seconds] : []));
  const bytes: [number, number] = [start, end];
  if (shown.length === 0)
    return { what: "clip", name, bytes, problem: "its index was altered: which frames there are, and when" };
  const seconds: [number, number] = [Math.min(...shown.map(([from]) => from)), Math.max(...shown.map(([, to]) => to))];
  const instant = (at: number) => new Date(wallMsAt(clock, at)).toISOString();
  const wallClock: [string, string] = [instant(seconds[0]), instant(seconds[1])];
  const problem = `altered between second ${seconds[0]} and ${seconds[1]}`;
  return { what: "clip", name, bytes, seconds, wallClock, problem };
}

async function checkPictures({ picture }: Evidence, { pictures }: Manifest, verdict: Verdict): Promise<void> {
  for (const { key, sha256 } of pictures) {
    const name = basename(key);
    const bytes = await picture(name);
    if (!bytes) {
      verdict.unchecked.push(`${name}: it is not there`);
      continue;
    }
    verdict.checked.push(name);
    if (digestOf(bytes) !== sha256) verdict.findings.push({ what: "picture", name, problem: "it was altered" });
  }
}

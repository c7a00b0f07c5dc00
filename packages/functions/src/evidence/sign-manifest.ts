import { isDeepStrictEqual } from "node:util";
import { manifestKey } from "@camclips/core";
import type { ClipRequest, Coverage, Evidence, Findings, Metadata, RenderedClip } from "@camclips/events";
import { type Manifest, manifest, opened, signed } from "@camclips/evidence";
import packageJson from "../../package.json" with { type: "json" };
import type { Deps } from "../runtime/deps.ts";
import { SERVED } from "../runtime/files.ts";

export interface Signable {
  request: ClipRequest;
  clip: RenderedClip;
  coverage: Coverage;
  findings: Findings;
  pictures: Manifest["pictures"];
  /** Of the event that brought the clip. */
  made: Pick<Metadata, "id" | "occurredAt">;
}

/** Signs what is known of a clip, and puts it beside the clip. @returns undefined where nothing is signed (any more). */
export async function signManifest(
  signable: Signable,
  { destination, signer }: Pick<Deps, "destination" | "signer">,
  signal: AbortSignal,
): Promise<Evidence | undefined> {
  if (!signer) return undefined;
  const { cameraId, clipId } = signable.request;
  const evidence = { key: manifestKey(cameraId, clipId), kid: signer.kid };
  const payload = manifestOf(signable);
  const before = await destination.get(evidence.key, signal);
  // A signature of the same facts has other bytes each time: whoever has kept the manifest should find it again.
  if (before && saysTheSame(new TextDecoder().decode(before), payload, signer.kid)) return evidence;
  const text = await signed(payload, signer, signal);
  const options = { ...SERVED, contentType: "application/jose+json", signal };
  await destination.put(evidence.key, new TextEncoder().encode(text), options);
  return evidence;
}

function manifestOf({ request, clip, coverage, findings, pictures, made }: Signable): Manifest {
  const { ffmpeg, ...found } = findings;
  return manifest.parse({
    version: 1,
    clip,
    pictures,
    ...found,
    coverage,
    camera: { id: request.cameraId, clock: "recordings", offsetMs: 0 },
    request,
    software: { camclips: packageJson.version, ffmpeg, node: process.versions.node },
    made: { at: made.occurredAt, event: made.id },
  });
}

function saysTheSame(text: string, { made: _, ...facts }: Manifest, kid: string): boolean {
  try {
    const { header, payload } = opened(text);
    const { made: __, ...before } = manifest.parse(payload);
    return header.kid === kid && isDeepStrictEqual(before, JSON.parse(JSON.stringify(facts)));
  } catch {
    return false;
  }
}

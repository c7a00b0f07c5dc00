import { CONTENT_TYPES } from "@camclips/functions";

export const MANIFEST_TYPE = "application/jose+json";

const TYPES: Partial<Record<string, string>> = { ...CONTENT_TYPES, mp4: "video/mp4" };

/** Of the files that clips' metadata name, by how they are called; undefined for any other. */
export function contentTypeOf(name: string): string | undefined {
  if (name.endsWith(".manifest.json")) return MANIFEST_TYPE;
  return TYPES[name.slice(name.lastIndexOf(".") + 1)];
}

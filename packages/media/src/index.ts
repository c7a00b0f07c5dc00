export * from "@camclips/mp4";
export * from "./errors.ts";
export type * from "./media-engine.ts";

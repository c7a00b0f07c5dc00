export * from "./errors.ts";
export * from "./mp4/index.ts";
export type * from "./types.ts";

export * from "./catalog.ts";
export * from "./define.ts";
export * from "./envelope.ts";
export * from "./metadata.ts";
export * from "./pipeline.ts";
export * from "./request.ts";
export * from "./schemas.ts";
export * from "./settings.ts";

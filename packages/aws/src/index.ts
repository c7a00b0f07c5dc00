export * from "./backlog.ts";
export * from "./dynamo-records.ts";
export * from "./event-bus.ts";
export * from "./outages.ts";
export * from "./release-message.ts";
export * from "./s3-store.ts";
export * from "./scheduler.ts";
export * from "./topic.ts";

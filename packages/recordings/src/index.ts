export { CONFIG_FILE, ConfigError, parseConfig, readConfig } from "./config/read-config.ts";
export { type Config, configJsonSchema } from "./config/schema.ts";
export { suggestConfig } from "./config/suggest-config.ts";
export { type Recognised, recogniseLayout } from "./layout/recognise.ts";
export { createLayout } from "./layout/recordings-layout.ts";
export { isZone, type StartHints, zonedMs } from "./layout/wall-clock.ts";
export { claimsOf, insideOf, isHidden, type Located, type RecordingsRoot, rootsOf } from "./roots.ts";
export { VIDEO } from "./video.ts";
export { walk } from "./walk.ts";

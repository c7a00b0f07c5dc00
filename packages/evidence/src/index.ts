export { clipPieces } from "./clip-pieces.ts";
export { clockOf } from "./clock.ts";
export { digestOf } from "./digest.ts";
export { type FrameSource, frameRuns } from "./frame-runs.ts";
export { opened, signed } from "./jws.ts";
export { type Manifest, manifest } from "./manifest.ts";

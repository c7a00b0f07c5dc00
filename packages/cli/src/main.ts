import { enableCompileCache } from "node:module";

// From the second run on, this halves the time to start. What it should speed up must be imported after it.
enableCompileCache();
await import("./cli.ts");

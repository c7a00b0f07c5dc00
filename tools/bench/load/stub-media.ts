import { stubEngine } from "./stub-engine.ts";

/** Bundled in the place of the functions' connect-media.ts. */
export const connectMedia = () => ({ media: stubEngine });

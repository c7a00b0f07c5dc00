import { stubEngine } from "./stub-engine.ts";

/** Bundled in the place of the functions' connect-media.ts and connect-pictures.ts. */
export const connectMedia = () => ({ media: stubEngine });
export const connectPictures = () => ({ media: stubEngine });

/** Endings of video files: MP4 and its relatives, and the other containers that are read. */
export const VIDEO_ENDINGS = ["mp4", "m4v", "m4s", "cmfv", "mov", "3gp", "mkv", "webm", "ts", "mts", "m2ts", "avi"];

/** Names of video files. */
export const VIDEO = new RegExp(`\\.(?:${VIDEO_ENDINGS.join("|")})$`, "i");

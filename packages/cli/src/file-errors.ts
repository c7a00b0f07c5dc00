const GOES_ON = "free some space and run the same command again: it goes on where it stopped";

/** What the file system says, in words that help. */
export const failures: Record<string, string> = {
  ENOSPC: `the disk is full; ${GOES_ON}`,
  EDQUOT: `the disk quota is used up; ${GOES_ON}`,
  EFBIG: `a file became larger than this system allows; ${GOES_ON}`,
};
export const refusals: Record<string, string> = {
  EACCES: "no permission",
  EPERM: "no permission",
  EROFS: "the file system is read-only",
  ENOTDIR: "there is a file where a folder should be",
  EEXIST: "there is a file where a folder should be",
};

import type { MediaEngine } from "@camclips/media";
import { codeVersion } from "@camclips/media/code-version";
import { REPOSITORY } from "../own-command.ts";

/** Names what makes clips here, code and ffmpeg; it is looked at once. Nothing hangs on it but that clips are copied. */
export function engineOf(media: MediaEngine): () => Promise<string | undefined> {
  const look = async () => {
    try {
      const [code, ffmpeg] = await Promise.all([codeVersion(REPOSITORY), media.version()]);
      return code && `${code} ${ffmpeg}`;
    } catch {
      return undefined;
    }
  };
  let looked: ReturnType<typeof look> | undefined;
  return () => {
    looked ??= look();
    return looked;
  };
}

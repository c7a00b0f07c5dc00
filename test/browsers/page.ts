import { CODE_COLUMNS, CODE_HEIGHT, CODE_ROWS, readBlocks } from "../../packages/media/src/synthetic/frame-code.ts";

const PATIENCE_MS = 5000;

export interface Look {
  seeked: Seen[];
  played: Seen[];
  /** Seeks whose picture the browser never said it presents; what the canvas showed then is in `seeked` all the same. */
  unannounced: number;
  duration: number;
}

export interface Seen {
  /** Asked for (seeking) or reported by the browser (playing). */
  seconds: number;
  code: number | null;
}

/** Runs inside the page: seeks to every instant, then plays, and notes the blocks of every picture. */
export function look(
  clip: string,
  instants: number[],
  frameSeconds: number,
  patienceMs: number,
  columns: number,
  rows: number,
  height: number,
): Promise<string> {
  const video = document.createElement("video");
  video.muted = true;
  video.preload = "auto";
  video.src = clip;
  document.body.append(video);
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });

  const blocks = (): boolean[] => {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    context?.drawImage(video, 0, 0);
    const band = (2 * Math.round((canvas.height * height) / 2)) / rows;
    const seen: boolean[] = [];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const x = Math.floor(((column + 0.5) * canvas.width) / columns);
        const pixel = context?.getImageData(x, Math.floor((row + 0.5) * band), 1, 1).data;
        seen.push((pixel?.[1] ?? 0) > 127);
      }
    }
    return seen;
  };
  const happened = (name: string) => {
    return new Promise<void>((resolve, reject) => {
      video.addEventListener(name, () => resolve(), { once: true });
      video.addEventListener("error", () => reject(new Error(video.error?.message ?? "error")), { once: true });
    });
  };
  /** `seeked` may come before the picture: what counts is that the browser says it presents one of that instant. */
  const presented = (seconds: number) => {
    return new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), patienceMs);
      const note = (_: number, { mediaTime }: { mediaTime: number }) => {
        if (mediaTime > seconds + 1e-3 || mediaTime <= seconds - frameSeconds) {
          video.requestVideoFrameCallback(note);
          return;
        }
        clearTimeout(timer);
        resolve(true);
      };
      video.requestVideoFrameCallback(note);
    });
  };

  const run = async () => {
    if (video.readyState < 2) await happened("loadeddata");
    const seeked: { seconds: number; blocks: boolean[] }[] = [];
    let unannounced = 0;
    for (const seconds of instants) {
      const there = Promise.all([happened("seeked"), presented(seconds)]);
      video.currentTime = seconds;
      if (!(await there)[1]) unannounced++;
      seeked.push({ seconds, blocks: blocks() });
    }
    const back = happened("seeked");
    video.currentTime = 0;
    await back;
    const played: { seconds: number; blocks: boolean[] }[] = [];
    const note = (_: number, { mediaTime }: { mediaTime: number }) => {
      played.push({ seconds: mediaTime, blocks: blocks() });
      video.requestVideoFrameCallback(note);
    };
    video.requestVideoFrameCallback(note);
    const ended = happened("ended");
    await video.play();
    await ended;
    return JSON.stringify({ seeked, played, unannounced, duration: video.duration });
  };
  return run();
}

/** What `look` needs to know. @param clip its URL, of the page's own origin. */
export function lookArguments(clip: string, instants: number[], frameSeconds: number): Parameters<typeof look> {
  return [clip, instants, frameSeconds, PATIENCE_MS, CODE_COLUMNS, CODE_ROWS, CODE_HEIGHT];
}

export function readLook(answer: string): Look {
  const { seeked, played, ...rest } = JSON.parse(answer);
  const read = (seen: { seconds: number; blocks: boolean[] }[]) => {
    return seen.map(({ seconds, blocks }) => ({ seconds, code: readBlocks(blocks) }));
  };
  return { seeked: read(seeked), played: read(played), ...rest };
}

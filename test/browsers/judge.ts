import { FIRST_CODE, FPS, FRAMES } from "./clips.ts";
import type { Look, Seen } from "./page.ts";

/** The middle of every frame, so that rounding does not decide which one is shown. */
export const instants = Array.from({ length: FRAMES }, (_, index) => (index + 0.5) / FPS);

const PLAYING = "playing at";

/** Whether a fault was seen while the clip was played, and not by seeking. */
export const isPlayed = (fault: string): boolean => fault.startsWith(PLAYING);

/**
 * What is wrong with the pictures of a clip, a line each.
 * @param early how many frames before its own first one the browser starts the clip, which it plays to its end all the same.
 */
export function judge({ seeked, played, unannounced, duration }: Look, early: number): string[] {
  const first = FIRST_CODE - early;
  const codeAt = (seconds: number) => first + Math.floor(seconds * FPS + 1e-3);
  const tell = (what: string, { seconds, code }: Seen) =>
    `${what} ${seconds.toFixed(3)} s shows ${code ?? "no code"}, not ${codeAt(seconds)}`;

  const seeks = seeked.filter(({ seconds, code }) => code !== codeAt(seconds));
  // A browser may announce a picture just before it is on the canvas: the one before it is right, too. A busy one leaves some
  // out, and may still show the one that it announced last, or already the one that it announces next. None may come back.
  const pictures = played.filter(({ seconds, code }, index) => {
    const [last, next] = [played[index - 1], played[index + 1]];
    const announced = codeAt(seconds);
    const earliest = Math.min(announced - 1, codeAt(last?.seconds ?? seconds));
    const latest = Math.max(announced + 1, codeAt(next?.seconds ?? seconds));
    return code === null || code < Math.max(earliest, last?.code ?? first) || code > latest;
  });
  const wrong = [...seeks.map((seen) => tell("seeking to", seen)), ...pictures.map((seen) => tell(PLAYING, seen))];
  if (seeked.length !== FRAMES) wrong.push(`${seeked.length} of ${FRAMES} frames were looked at`);
  if (unannounced > 0) wrong.push(`${unannounced} seeks presented no picture`);
  if (played.length === 0) wrong.push("playing shows no picture");
  const lasting = (FRAMES + early) / FPS;
  if (Math.abs(duration - lasting) > 0.1) wrong.push(`the clip lasts ${duration} s instead of ${lasting}`);
  return wrong;
}

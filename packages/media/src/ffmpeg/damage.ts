/**
 * What ffmpeg says when a frame did not come out as it was encoded: of the frame itself, and of packets of which none came.
 * Decoders say much more, also about streams that every player shows well.
 */
const DAMAGE = /corrupt decoded frame|error while decoding|error submitting|error splitting the input|decoding error/i;
const PREFIX = /^(\[[^\]]*\] *)+/;

/** @returns the first complaint in a log about a frame that did not come out whole, without its prefix. */
export function damageIn(log: string): string | undefined {
  return log
    .split("\n")
    .find((line) => DAMAGE.test(line))
    ?.replace(PREFIX, "")
    .trim();
}

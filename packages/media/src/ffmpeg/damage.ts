/**
 * What ffmpeg says when a frame did not come out as it was encoded: of the frame itself, and of packets of which none came.
 * Decoders say much more, also about streams that every player shows well.
 */
const DAMAGE = /corrupt decoded frame|error while decoding|error submitting|error splitting the input|decoding error/i;
const PREFIX = /^(\[[^\]]*\] *)+/;
/** Newer versions name the stream's kind, older ones its input and place in it. */
const AUDIO = /\baist#|\[(?:dec:)?(?:aac|mp3|opus|ac3|flac|pcm_)/;

/**
 * @returns the first complaint in a log about a frame that did not come out whole, without its prefix. With inputs of both,
 * it may be one about audio.
 */
export function damageIn(log: string): string | undefined {
  const line = log.split("\n").find((text) => DAMAGE.test(text) && !AUDIO.test(text));
  return line?.replace(PREFIX, "").trim();
}

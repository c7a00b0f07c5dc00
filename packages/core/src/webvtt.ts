/** A part of a clip, and what belongs to it: text, or the address of a picture. */
export interface Cue {
  fromSeconds: number;
  toSeconds: number;
  text: string;
}

/** Text in which no `<` or `&` begins a tag or a character reference, and no line end or arrow ends the cue. */
const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll("-->", "--&gt;")
    .replaceAll(/[\r\n]+/g, " ");

/** A WebVTT file (W3C, "WebVTT: The Web Video Text Tracks Format"). Cues without a length are left out: players skip them. */
export function webVtt(cues: readonly Cue[]): string {
  const timed = cues.map(({ fromSeconds, toSeconds, text }) => ({
    from: stamp(fromSeconds),
    to: stamp(toSeconds),
    text: escaped(text),
  }));
  const blocks = timed.filter(({ from, to }) => from < to).map(({ from, to, text }) => `${from} --> ${to}\n${text}\n`);
  return ["WEBVTT\n", ...blocks].join("\n");
}

/** `hh:mm:ss.mmm`; sorts as text for a hundred hours. */
function stamp(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const parts = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60];
  return `${parts.map((part) => String(part).padStart(2, "0")).join(":")}.${String(ms % 1000).padStart(3, "0")}`;
}

import { LiveView } from "./live-view.ts";
import { PlainView } from "./plain-view.ts";
import type { View } from "./view.ts";

/** A live timeline of one clip on a terminal, plain lines elsewhere and for several clips. */
export function createView(stream: NodeJS.WriteStream, clips = 1): View {
  return stream.isTTY && clips === 1 && process.env.TERM !== "dumb"
    ? new LiveView(stream)
    : new PlainView(stream, clips);
}

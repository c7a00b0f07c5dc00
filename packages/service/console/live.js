import { byId } from "./dom.js";

/** What happens to clips, told to whoever is shown. @typedef {{ clipId: string, type?: string, percent?: number }} Change */

/** @type {Set<(change: Change) => void>} */
const listeners = new Set();
/** Called when the connection is back: something may have been missed. @type {Set<() => void>} */
const returned = new Set();

/** @type {EventSource | undefined} */
let source;
let wasLost = false;

/** The browser comes back by itself when the service does. */
export function connect() {
  source?.close();
  source = new EventSource("/events");
  const tell = (/** @type {MessageEvent<string>} */ { data }) => {
    for (const listener of listeners) listener(JSON.parse(data));
  };
  source.addEventListener("clip", tell);
  source.addEventListener("progress", tell);
  source.addEventListener("open", () => {
    byId("link").textContent = "";
    if (wasLost) for (const listener of returned) listener();
    wasLost = false;
  });
  source.addEventListener("error", () => {
    wasLost = true;
    byId("link").textContent = source?.readyState === EventSource.CLOSED ? "" : "No connection: trying again";
  });
}

/** @param {(change: Change) => void} onChange @param {() => void} onReturn @returns {() => void} how to stop */
export function follow(onChange, onReturn) {
  listeners.add(onChange);
  returned.add(onReturn);
  return () => {
    listeners.delete(onChange);
    returned.delete(onReturn);
  };
}

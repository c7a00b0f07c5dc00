import { h } from "./dom.js";
import { clock, span } from "./time.js";

/** What to do about a reason (docs/reasons.md), in few words. @type {Record<string, string>} */
const ADVICE = {
  NO_FOOTAGE: "Nothing was recorded then: check the camera, and the times.",
  GAP_FINAL: "A part is missing for good: ask again with another gap policy.",
  SOURCE_DELETED: "The recording was there and is gone: look at the recorder's retention.",
  BEFORE_RETENTION: "The range lies further back than recordings are kept.",
  CLIP_TOO_LONG: "Ask for several shorter clips.",
  INVALID_REQUEST: "The request was not valid; its message says why.",
  UNKNOWN_CAMERA: "There are no recordings of this camera.",
  CORRUPT_SOURCE: "Every recording of the range is broken: look at Operations.",
  VERIFY_FAILED: "The clip was not as planned and was not published; precision exact may help.",
  STALLED: "No stage finished it in time: look at the dead letters.",
  INTERNAL: "Something went wrong; the message says what.",
  CANCELLED: "Somebody cancelled it.",
};

/** @param {import("./api.js").Clip} clip */
export const pill = ({ state }) => h("span", { class: `pill ${state}` }, state);

/** Why it is as it is, and what comes next. @param {import("./api.js").Clip} clip */
export function explanation({ state, reason, nextAttemptAt, deadlineAt, percent }) {
  if (state === "waiting") {
    const next = nextAttemptAt ? ` Next attempt ${clock(Date.parse(nextAttemptAt))}` : "";
    const until = deadlineAt ? `, until ${clock(Date.parse(deadlineAt))} at the latest.` : ".";
    return `Waiting for footage; it is made as soon as that arrives.${next}${until}`;
  }
  if (state === "working") return percent === undefined ? "Being made" : `Rendering, ${Math.round(percent)} %`;
  if (state === "queued") return "Accepted";
  if (reason === undefined) return "";
  return ADVICE[reason] ?? reason;
}

/** @param {import("./api.js").Clip} clip */
export const lengthOf = ({ start, end }) => (start === null || end === null ? "" : span(end - start));

export const STATES = ["working", "waiting", "available", "unavailable", "cancelled", "failed", "stalled"];

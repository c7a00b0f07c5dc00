import { attempt, call } from "./api.js";
import { fill, h } from "./dom.js";
import { full, size } from "./time.js";

const RELOAD_MS = 5_000;

/** @type {import("./app.js").Page} */
export async function operationsPage(main) {
  const load = async () => {
    const [operations, { cameras }] = await Promise.all([call("/operations"), call("/cameras")]);
    const opened = document.activeElement;
    fill(main, ...parts(operations, cameras));
    if (opened instanceof HTMLElement && opened.id) document.getElementById(opened.id)?.focus();
  };
  await load();
  const again = setInterval(() => load().catch(() => {}), RELOAD_MS);
  return () => clearInterval(again);
}

/** @param {any} operations @param {import("./api.js").Camera[]} cameras */
function parts({ clips, queues, deadLetters, index, recordingProblems, disks }, cameras) {
  const waiting = queues.reduce((/** @type {number} */ sum, /** @type {any} */ { messages }) => sum + messages, 0);
  const cards = [
    card(clips.working ?? 0, "being made"),
    card(clips.waiting ?? 0, "waiting for footage"),
    card(clips.available ?? 0, "available"),
    card((clips.failed ?? 0) + (clips.stalled ?? 0), "failed or stalled"),
    card(waiting, "messages in queues"),
    card(deadLetters.length, "dead letters"),
  ];
  return [
    h(
      "div",
      { class: "head" },
      h("h1", {}, "Operations"),
      h("a", { href: "/docs" }, "API"),
      h("a", { href: "/metrics" }, "Metrics"),
    ),
    h("div", { class: "cards" }, cards),
    section(
      "Cameras",
      index.complete ? `${index.folders} folders are watched.` : `Looking into recordings: ${index.toExamine} to go.`,
      table(
        ["Camera", "#Recordings", "#Size", "From", "Until", "#Damaged"],
        cameras.map((camera) => [
          camera.title ?? camera.id,
          camera.recordings,
          size(camera.bytes),
          camera.first === null ? "" : full(camera.first),
          camera.last === null ? "" : `${full(camera.last)}${camera.growing > 0 ? " (recording)" : ""}`,
          camera.damaged,
        ]),
      ),
    ),
    section(
      "Recordings that need a look",
      recordingProblems.length === 0 ? "None: every file can be read, and is a camera's." : "",
      recordingProblems.length > 0 &&
        table(
          ["File", "Problem"],
          recordingProblems.slice(0, 200).map((/** @type {any} */ { path, problem }) => [path, problem]),
        ),
    ),
    section(
      "Queues",
      "",
      table(
        ["Stage", "#Messages", "#Dead letters"],
        queues.map((/** @type {any} */ { stage, messages, deadLetters }) => [stage, messages, deadLetters]),
      ),
    ),
    section(
      "Dead letters",
      deadLetters.length === 0 ? "None: every message was coped with." : "Send them back once their reason is gone.",
      deadLetters.length > 0 &&
        table(
          ["Stage", "Clip", "Error", "Again"],
          deadLetters.map((/** @type {any} */ { id, queue, clipId, error }) => [
            queue,
            clipId ?? "",
            error,
            redrive(id),
          ]),
        ),
    ),
    section(
      "Disks",
      "",
      table(
        ["Folder", "#Free", "#Of"],
        disks.map((/** @type {any} */ { folder, freeBytes, totalBytes }) => [
          folder,
          size(freeBytes),
          size(totalBytes),
        ]),
      ),
    ),
  ];
}

/** @param {string} id */
const redrive = (id) =>
  h(
    "button",
    {
      type: "button",
      id: `redrive-${id}`,
      onclick: () => attempt(() => call(`/dead-letters/${id}/redrive`, { method: "POST" })),
    },
    "Send back",
  );

/** @param {number} value @param {string} text */
const card = (value, text) => h("div", { class: "card" }, h("b", {}, value), h("span", { class: "muted" }, text));

/** @param {string} title @param {string} text @param {import("./dom.js").Child} content */
const section = (title, text, content) =>
  h("section", { class: "panel" }, h("h2", {}, title), text && h("p", { class: "muted" }, text), content);

/** @param {string[]} columns those that begin with # are numbers @param {import("./dom.js").Child[][]} rows */
function table(columns, rows) {
  const isNumber = (/** @type {number} */ index) => columns[index]?.startsWith("#") === true;
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": columns.join(", ").replaceAll("#", "") },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          columns.map((name, index) =>
            h("th", { scope: "col", class: isNumber(index) ? "num" : "" }, name.replace("#", "")),
          ),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            row.map((cell, index) => h("td", { class: isNumber(index) ? "num" : "path" }, cell)),
          ),
        ),
      ),
    ),
  );
}

import { shows } from "./about.js";
import { attempt, call } from "./api.js";
import { fill, h, toast } from "./dom.js";
import { full, size } from "./time.js";

/** @typedef {{ function: string, clipId: string | null, error: string | null, messageId: string }} DeadLetter */
/** @typedef {{ stage: string, messages: number, deadLetters: number }} Queue */

const RELOAD_MS = 5_000;
/** A place elsewhere is asked through its queues, which are billed by the call. */
const RELOAD_ELSEWHERE_MS = 20_000;

/** Their request would find the answer that was told: packages/functions/src/operator/reruns.ts. */
const NOT_REDRIVEN = "schedule-retry";

/** @type {import("./app.js").Page} */
export async function operationsPage(main) {
  /** What was found when somebody looked; looking hides messages from others for a while. @type {DeadLetter[] | undefined} */
  let looked;
  const load = async () => {
    const isHere = shows("timeline");
    const [operations, { cameras }] = await Promise.all([
      call("/operations"),
      isHere ? call("/cameras") : { cameras: [] },
    ]);
    const opened = document.activeElement?.id;
    fill(main, ...parts(operations, cameras, { looked, look, sendBack }));
    if (opened) document.getElementById(opened)?.focus();
  };
  const look = () =>
    attempt(async () => {
      looked = (await call("/dead-letters")).deadLetters;
      await load();
    });
  const sendBack = (/** @type {{ function: string, messageId?: string }} */ body) =>
    attempt(async () => {
      const { sent, left } = await call("/dead-letters/redrive", { method: "POST", body });
      toast(
        `${sent.length} sent back to ${body.function}.${left.length > 0 ? ` ${left.length} would fail again.` : ""}`,
      );
      looked = undefined;
      await load();
    });
  await load();
  const again = setInterval(() => load().catch(() => {}), shows("timeline") ? RELOAD_MS : RELOAD_ELSEWHERE_MS);
  return () => clearInterval(again);
}

/**
 * @typedef {{ looked: DeadLetter[] | undefined, look(): void, sendBack(body: { function: string, messageId?: string }): void }} Letters
 * @param {any} operations @param {import("./api.js").Camera[]} cameras @param {Letters} letters
 */
function parts({ clips, clipsSince, queues, deadLetters, index, recordingProblems, disks }, cameras, letters) {
  const sum = (/** @type {"messages" | "deadLetters"} */ name) =>
    queues.reduce((/** @type {number} */ total, /** @type {Queue} */ queue) => total + queue[name], 0);
  const cards = [
    card(clips.working ?? 0, "being made"),
    card(clips.waiting ?? 0, "waiting for footage"),
    card(clips.available ?? 0, "available"),
    card((clips.failed ?? 0) + (clips.stalled ?? 0), "failed or stalled"),
    card(sum("messages"), "messages in queues"),
    card(sum("deadLetters"), "dead letters"),
  ];
  return [
    h(
      "div",
      { class: "head" },
      h("h1", {}, "Operations"),
      clipsSince && h("span", { class: "muted" }, `Clips since ${full(clipsSince)}`),
      shows("api") && h("a", { href: "/docs" }, "API"),
      shows("api") && h("a", { href: "/metrics" }, "Metrics"),
    ),
    h("div", { class: "cards" }, cards),
    index && camerasSection(index, cameras),
    recordingProblems && problemsSection(recordingProblems),
    queuesSection(queues, letters),
    lettersSection(deadLetters?.map(ofService) ?? letters.looked, sum("deadLetters"), letters),
    disks && disksSection(disks),
  ].filter((part) => part !== undefined);
}

/** @param {Queue[]} queues @param {Letters} letters */
function queuesSection(queues, { sendBack }) {
  const again = (/** @type {Queue} */ { stage, deadLetters }) =>
    deadLetters > 0 &&
    stage !== NOT_REDRIVEN &&
    h(
      "button",
      { type: "button", id: `redrive-all-${stage}`, onclick: () => sendBack({ function: stage }) },
      "Send all back",
    );
  const isAny = queues.some(({ deadLetters }) => deadLetters > 0);
  return section(
    "Queues",
    "",
    table(
      ["Stage", "#Messages", "#Dead letters", ...(isAny ? ["#Again"] : [])],
      queues.map((queue) => [queue.stage, queue.messages, queue.deadLetters, ...(isAny ? [again(queue)] : [])]),
    ),
  );
}

/** @param {{ id: string, queue: string, clipId?: string, error: string }} letter @returns {DeadLetter} */
const ofService = ({ id, queue, clipId, error }) => ({
  function: queue,
  clipId: clipId ?? null,
  error,
  messageId: id,
});

/** @param {any} index @param {import("./api.js").Camera[]} cameras */
const camerasSection = (index, cameras) =>
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
  );

/** @param {{ path: string, problem: string }[]} problems */
const problemsSection = (problems) =>
  section(
    "Recordings that need a look",
    problems.length === 0 ? "None: every file can be read, and is a camera's." : "",
    problems.length > 0 &&
      table(
        ["File", "Problem"],
        problems.slice(0, 200).map(({ path, problem }) => [path, problem]),
      ),
  );

/** @param {DeadLetter[] | undefined} found @param {number} count @param {Letters} letters */
function lettersSection(found, count, { look, sendBack }) {
  if (found === undefined && count > 0)
    return section(
      "Dead letters",
      "Looking into them hides them from others for 20 seconds.",
      h("button", { type: "button", id: "look", onclick: look }, "Look into them"),
    );
  const shown = found ?? [];
  return section(
    "Dead letters",
    shown.length === 0 ? "None: every message was coped with." : "Send them back once their reason is gone.",
    shown.length > 0 &&
      table(
        ["Stage", "Clip", "Error", "Again"],
        shown.map(({ function: stage, clipId, error, messageId }) => [
          stage,
          clipId ? h("a", { href: `#/clips/${encodeURIComponent(clipId)}` }, clipId) : "",
          error ?? "",
          stage !== NOT_REDRIVEN && stage !== "schedules"
            ? h(
                "button",
                {
                  type: "button",
                  id: `redrive-${messageId}`,
                  onclick: () => sendBack({ function: stage, messageId }),
                },
                "Send back",
              )
            : "Ask again for its clip",
        ]),
      ),
  );
}

/** @param {{ folder: string, freeBytes: number, totalBytes: number, problem?: string }[]} disks */
const disksSection = (disks) =>
  section(
    "Disks",
    "",
    table(
      ["Folder", "#Free", "#Of", "Problem"],
      disks.map(({ folder, freeBytes, totalBytes, problem }) =>
        // Of a disk that is away, no size is known.
        totalBytes > 0 ? [folder, size(freeBytes), size(totalBytes), problem ?? ""] : [folder, "", "", problem ?? ""],
      ),
    ),
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

import { shows } from "./about.js";
import { attempt, call } from "./api.js";
import { fill, h, toast } from "./dom.js";
import { follow } from "./live.js";
import { explanation, lengthOf, pill } from "./states.js";
import { storyboard } from "./storyboard.js";
import { clock, clockMs, day, full, size, span } from "./time.js";

/** @typedef {{ type: string, id: string, at: number, hops: number, data: any }} HistoryEvent */

const DAY_MS = 86_400_000;

/** @type {import("./app.js").Page} */
export async function clipPage(main, clipId) {
  const path = `/clips/${encodeURIComponent(clipId)}`;
  /** @type {Map<string, HistoryEvent>} */
  const events = new Map();
  const history = h("div", {});
  const top = h("div", {});
  const progress = h("progress", { max: 100, value: 0, hidden: true, "aria-label": "Progress" });
  let shownState = "";
  let askedMs = 0;

  const load = async () => {
    const clip = /** @type {import("./api.js").Clip} */ (await call(path));
    // What its caller was told stands in the record a moment after the state.
    const state = `${clip.state} ${clip.metadata?.status}`;
    if (state !== shownState) fill(top, ...clipParts(clip, path, load));
    shownState = state;
    progress.hidden = clip.state !== "working";
    askedMs = clip.asked ?? clip.since - DAY_MS;
  };
  await load();
  const source = new EventSource(`${path}/events`);
  source.addEventListener("event", ({ data }) => {
    const { id, "detail-type": type, detail } = JSON.parse(data);
    events.set(id, {
      id,
      type,
      at: Date.parse(detail.metadata.occurredAt),
      hops: detail.metadata.hops,
      data: detail.data,
    });
    fill(history, stageTable([...events.values()]), eventList([...events.values()]));
  });
  source.addEventListener("progress", ({ data }) => {
    progress.value = JSON.parse(data).percent;
  });
  source.addEventListener("end", () => source.close());
  const unfollow = follow(
    (change) => {
      // What the event led to stands in the record a moment later.
      if (change.clipId === clipId && change.type) setTimeout(() => load().catch(() => {}), 120);
    },
    () => load().catch(() => {}),
  );
  const happened = h(
    "section",
    { class: "panel" },
    h("h2", {}, "What happened"),
    history,
    logOf(clipId, () => askedMs),
  );
  fill(main, top, progress, happened);
  return () => {
    source.close();
    unfollow();
  };
}

/** @param {import("./api.js").Clip} clip @param {string} path @param {() => Promise<void>} reload */
function clipParts(clip, path, reload) {
  const { clipId, title, metadata, links, state } = clip;
  const actions = [
    links.clip && h("a", { class: "button", href: `${links.clip}?download=1` }, "Download"),
    links.clip &&
      shows("links") &&
      h("button", { type: "button", onclick: () => attempt(() => makeLink(path)) }, "Copy a link"),
    links.evidence &&
      h("a", { class: "button", href: links.evidence, download: `${clipId}.manifest.json` }, "Evidence"),
    metadata?.groupId &&
      h("a", { class: "button", href: `#/groups/${encodeURIComponent(metadata.groupId)}` }, "Its group"),
    h("button", { type: "button", onclick: () => attempt(() => askAgain(clip)) }, "Ask again"),
    (state === "waiting" || state === "working" || state === "queued") &&
      h(
        "button",
        { type: "button", onclick: () => attempt(() => call(path, { method: "DELETE" }).then(reload)) },
        "Cancel",
      ),
  ];
  const head = h("div", { class: "head" }, h("h1", {}, title ?? clipId), pill(clip), actions);
  const facts = h(
    "section",
    { class: "panel" },
    h("h2", {}, "Clip"),
    h("p", {}, explanation(clip)),
    metadata?.message && h("p", { class: "small muted" }, metadata.message),
    factList(clip),
    metadata &&
      h(
        "details",
        { style: "margin-top: 12px" },
        h("summary", {}, "Metadata"),
        h("pre", { tabindex: 0 }, JSON.stringify(metadata, null, 2)),
      ),
  );
  if (!links.clip) return [head, facts];
  return [head, h("div", { class: "clip-grid" }, player(clip), facts)];
}

/** @param {import("./api.js").Clip} clip */
function factList({ clipId, camera, start, end, status, reason, metadata, attempt }) {
  const { clip, precision, realtimeFactor, workMs } = { ...metadata, precision: metadata?.clip?.precision };
  const facts = /** @type {[string, unknown][]} */ ([
    ["Id", clipId],
    ["Camera", camera],
    ["From", start === null ? "" : `${full(start)}`],
    ["To", end === null ? "" : `${full(end)} (${lengthOf(/** @type {any} */ ({ start, end }))})`],
    ["Status", [status, reason].filter(Boolean).join(", ")],
    ["Attempt", attempt && attempt > 1 ? attempt : ""],
    ["Video", clip?.bytes && `${clip.frames} frames, ${size(clip.bytes)}`],
    ["Cut", precision],
    ["Made in", workMs && `${span(workMs)} (${realtimeFactor}× real time)`],
    ["SHA-256", clip?.sha256],
    ["Signed by", metadata?.evidence?.kid],
    ["A copy of", metadata?.reusedFrom && linkTo(metadata.reusedFrom)],
  ]).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return h(
    "dl",
    {},
    facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value instanceof Node ? value : String(value))]),
  );
}

/** @param {string} clipId */
const linkTo = (clipId) => h("a", { href: `#/clips/${encodeURIComponent(clipId)}` }, clipId);

/** @param {import("./api.js").Clip} clip */
function player({ start, end, links, metadata, title, clipId }) {
  const { coverage, clip = {} } = metadata ?? {};
  const delivered = /** @type {[number, number][]} */ (coverage?.delivered ?? [[start, end]]);
  const frameSeconds = clip.frames > 0 ? clip.durationMs / 1000 / clip.frames : 0.04;
  const video = h("video", {
    controls: true,
    src: links.clip,
    preload: "metadata",
    "aria-label": `Video of ${title ?? clipId}`,
  });
  if (links.clock) video.append(h("track", { kind: "subtitles", label: "Clock", src: links.clock, default: true }));
  // The clip's first frame, which begins a little after what was asked for.
  const firstMs = (start ?? 0) + (coverage?.startErrorMs ?? 0);
  const now = h("span", { class: "clock" }, clockMs(firstMs));
  const isFilled = clip.durationMs >= (end ?? 0) - (start ?? 0) - 100;
  const clockAt = (/** @type {number} */ seconds) => {
    const ms = seconds * 1000;
    return clockMs(isFilled ? firstMs + ms : wallAt(ms, delivered));
  };
  const tell = () => {
    now.textContent = clockAt(video.currentTime);
  };
  for (const event of ["timeupdate", "seeked", "loadedmetadata"]) video.addEventListener(event, tell);
  const step = (/** @type {number} */ frames) => {
    video.pause();
    video.currentTime = Math.max(0, Math.min(video.duration || 0, video.currentTime + frames * frameSeconds));
  };
  const panel = h(
    "section",
    {
      class: "panel",
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "," || event.key === ".") step(event.key === "," ? -1 : 1);
      },
    },
    h("h2", {}, "Video"),
    video,
    links.storyboard && storyboard(video, links.storyboard, clockAt),
    h(
      "div",
      { class: "player-bar" },
      now,
      h("button", { type: "button", onclick: () => step(-1), title: "Key: ," }, "‹ Frame"),
      h("button", { type: "button", onclick: () => step(1), title: "Key: ." }, "Frame ›"),
    ),
    h("p", { class: "small muted", style: "margin: 4px 0 0" }, start === null ? "" : day(start)),
    coverage && coverageBar(coverage),
  );
  return panel;
}

/** The instant that is shown in a clip whose gaps were left out. @param {number} ms @param {[number, number][]} delivered */
function wallAt(ms, delivered) {
  let left = ms;
  for (const [from, to] of delivered) {
    if (left < to - from) return from + left;
    left -= to - from;
  }
  return delivered.at(-1)?.[1] ?? ms;
}

/** @param {{ requested: [number, number], gaps: { start: number, end: number, cause: string }[] }} coverage */
function coverageBar({ requested: [start, end], gaps }) {
  const share = (/** @type {number} */ ms) => `width: ${((ms / (end - start)) * 100).toFixed(3)}%`;
  const parts = [];
  let at = start;
  for (const gap of gaps) {
    parts.push(h("span", { class: "i-footage", style: share(gap.start - at) }));
    parts.push(
      h("span", {
        class: gap.cause === "NOT_RECORDED" ? "" : "i-damage",
        style: share(gap.end - gap.start),
        title: gap.cause,
      }),
    );
    at = gap.end;
  }
  parts.push(h("span", { class: "i-footage", style: share(end - at) }));
  const missing = gaps.map((gap) => `${clock(gap.start)} to ${clock(gap.end)} (${gap.cause})`).join("; ");
  const text = gaps.length === 0 ? "Nothing is missing." : `Missing: ${missing}`;
  return h(
    "div",
    {},
    h("div", { class: "cover", role: "img", "aria-label": text }, parts),
    h("span", { class: "small muted" }, text),
  );
}

/** @param {HistoryEvent[]} events */
function stageTable(events) {
  const sorted = [...events].sort((a, b) => a.at - b.at || a.hops - b.hops);
  const [first, last] = [sorted[0]?.at ?? 0, sorted.at(-1)?.at ?? 1];
  const rows = sorted.map(({ type, at }, index) => {
    const from = sorted[index - 1]?.at ?? at;
    const scale = 100 / Math.max(1, last - first);
    const style = `margin-left: ${((from - first) * scale).toFixed(2)}%; width: ${Math.max(0.6, (at - from) * scale).toFixed(2)}%; height: 100%`;
    return h(
      "tr",
      {},
      h("td", {}, type),
      h("td", {}, clockMs(at)),
      h("td", { class: "num" }, index === 0 ? "" : span(at - from)),
      h("td", { style: "width: 45%" }, h("div", { class: "stage-bar" }, h("div", { class: "i-footage", style }))),
    );
  });
  const head = ["Event", "At", "Took", ""].map((text, index) =>
    h("th", { class: index === 2 ? "num" : "", scope: "col" }, text || h("span", { class: "muted" }, "Share")),
  );
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Stages" },
    h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)),
  );
}

/** @param {HistoryEvent[]} events */
const eventList = (events) =>
  h(
    "details",
    { style: "margin-top: 12px" },
    h("summary", {}, "Events as they are"),
    h("pre", { tabindex: 0 }, JSON.stringify(events, null, 2)),
  );

/** What the stages logged of a clip, once somebody wants to read it: on AWS that is a call for every function. @param {string} clipId @param {() => number} sinceOf */
function logOf(clipId, sinceOf) {
  const lines = h("pre", { tabindex: 0 });
  const load = async () => {
    const query = new URLSearchParams({ clip: clipId, since: String(sinceOf()) });
    const log = await call(`/logs?${query}`);
    const texts = log.lines.map(
      (
        /** @type {{ atMs: number, level: string, stage: string, summary: string }} */ { atMs, level, stage, summary },
      ) => `${new Date(atMs).toISOString()}  ${level.toUpperCase().padEnd(5)}  ${stage.padEnd(17)}  ${summary}`,
    );
    lines.textContent = texts.join("\n") || "Nothing.";
  };
  const details = h("details", { style: "margin-top: 12px" }, h("summary", {}, "Log"), lines);
  details.addEventListener("toggle", () => details.open && attempt(load));
  return details;
}

/** @param {string} path */
async function makeLink(path) {
  const { url, expiresAt } = await call(`${path}/links`, { method: "POST", body: { seconds: 7 * 86_400 } });
  const until = `It works until ${full(Date.parse(expiresAt))}, for whoever has it.`;
  await navigator.clipboard.writeText(url).then(
    () => toast("The link is copied. ", until),
    // Only pages over https may write there.
    () => toast(h("a", { href: url }, "The link"), ". ", until),
  );
}

/** @param {import("./api.js").Clip} clip */
async function askAgain({ camera, start, end, title, choices }) {
  const body = { camera, start, end, ...(title && { title }), ...choices };
  const { clipId } = await call("/clips", { method: "POST", body });
  location.hash = `#/clips/${encodeURIComponent(clipId)}`;
}

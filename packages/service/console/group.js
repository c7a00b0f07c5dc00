import { call } from "./api.js";
import { fill, h } from "./dom.js";
import { groupPill } from "./groups.js";
import { follow } from "./live.js";
import { full, span } from "./time.js";

/** @typedef {{ clipId: string, cameraId: string, startTimestampInMs: number | null, endTimestampInMs: number | null, status: string, reason?: string, message?: string }} Item */
/** @typedef {{ groupId: string, status: string, decided: number, items: Item[], links: Record<string, string> }} Group */

const SOON_MS = 300;

/** What became of each clip of a group. @type {import("./app.js").Page} */
export async function groupPage(main, groupId) {
  const path = `/groups/${encodeURIComponent(groupId)}`;
  /** @type {Set<string>} */
  let clipIds = new Set();
  const load = async () => {
    const group = /** @type {Group} */ (await call(path));
    clipIds = new Set(group.items.map(({ clipId }) => clipId));
    fill(main, ...partsOf(group));
  };
  await load();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let soon;
  const again = () => {
    clearTimeout(soon);
    soon = setTimeout(() => load().catch(() => {}), SOON_MS);
  };
  const unfollow = follow(({ clipId, type }) => {
    if (type && clipIds.has(clipId)) again();
  }, again);
  return () => {
    unfollow();
    clearTimeout(soon);
  };
}

/** @param {Group} group */
function partsOf({ groupId, status, decided, items, links }) {
  const zip = links.zip && h("a", { class: "button", href: links.zip }, "Download all");
  const rows = items.map((item) =>
    h(
      "tr",
      {},
      h("td", {}, h("a", { href: `#/clips/${encodeURIComponent(item.clipId)}` }, item.clipId)),
      h("td", {}, item.cameraId),
      h("td", {}, rangeOf(item)),
      h("td", {}, [item.status, item.reason].filter((word) => word && word !== "").join(" ")),
      h("td", { class: "small muted" }, item.message ?? ""),
    ),
  );
  const head = ["Clip", "Camera", "Range", "Status", "Why"].map((name) => h("th", { scope: "col" }, name));
  const table = h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows));
  return [
    h("div", { class: "head" }, h("h1", {}, groupId), groupPill(status), zip),
    h(
      "section",
      { class: "panel", style: "overflow-x: auto" },
      h("p", { style: "margin: 0 0 8px" }, `${decided} of ${items.length} clips decided`),
      table,
    ),
  ];
}

/** @param {Item} item */
function rangeOf({ startTimestampInMs: start, endTimestampInMs: end }) {
  return start === null || end === null ? "" : `${full(start)}, ${span(end - start)}`;
}

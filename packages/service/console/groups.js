import { call } from "./api.js";
import { fill, h } from "./dom.js";
import { follow } from "./live.js";
import { ago, full } from "./time.js";

/** @typedef {{ groupId: string, since: number, items: number, status: string }} KnownGroup */

const PAGE = 50;
const MOST = 500;
/** Clips of a group end in bursts. */
const SOON_MS = 1000;

/** @type {Record<string, [state: string, text: string]>} */
const STANDS = {
  GROUP_PENDING: ["working", "pending"],
  GROUP_AVAILABLE: ["available", "available"],
  GROUP_PARTLY_AVAILABLE: ["waiting", "partly available"],
  GROUP_NOT_AVAILABLE: ["unavailable", "not available"],
};

/** How a group stands, as the states of clips are shown. @param {string} status */
export function groupPill(status) {
  const [state, text] = STANDS[status] ?? ["", status];
  return h("span", { class: `pill ${state}` }, text);
}

/** Groups of clips, the latest first. @type {import("./app.js").Page} */
export async function groupsPage(main) {
  /** @type {KnownGroup[]} */
  let groups = [];
  /** @type {string | undefined} */
  let next;
  const list = h("ul", { class: "clips groups" });
  const count = h("span", { class: "muted", role: "status" });
  const more = h("button", { type: "button", onclick: () => load(next).catch(() => {}) }, "Show more");

  /** What is shown already is asked for again, without a cursor. */
  const load = async (/** @type {string | undefined} */ cursor = undefined) => {
    const limit = cursor ? PAGE : Math.min(MOST, Math.max(PAGE, groups.length));
    const page = await call(`/groups?${new URLSearchParams({ limit: String(limit), ...(cursor && { cursor }) })}`);
    groups = cursor ? [...groups, ...page.groups] : page.groups;
    next = page.next;
    more.hidden = next === undefined;
    count.textContent = groups.length === 0 ? "" : `${groups.length}${next ? " and more" : ""}`;
    if (groups.length > 0) fill(list, groups.map(rowOf));
    else fill(list, h("li", { class: "empty", style: "display: block" }, "Nobody asked for a group yet."));
  };

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let soon;
  const again = () => {
    clearTimeout(soon);
    soon = setTimeout(() => load().catch(() => {}), SOON_MS);
  };
  const unfollow = follow(({ type }) => {
    if (type) again();
  }, again);
  fill(
    main,
    h("div", { class: "head" }, h("h1", {}, "Groups ", count)),
    h("div", { class: "panel", style: "padding: 0; overflow: hidden" }, list),
    more,
  );
  await load();
  return () => {
    unfollow();
    clearTimeout(soon);
  };
}

/** @param {KnownGroup} group */
function rowOf({ groupId, since, items, status }) {
  return h(
    "li",
    {},
    h("a", { class: "name", href: `#/groups/${encodeURIComponent(groupId)}` }, groupId),
    h("div", { class: "range" }, `${items} ${items === 1 ? "clip" : "clips"}`),
    h("div", { class: "range" }, full(since), h("div", { class: "small muted" }, ago(since))),
    h("div", { class: "what" }, groupPill(status)),
  );
}

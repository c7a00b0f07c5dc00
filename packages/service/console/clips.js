import { shows } from "./about.js";
import { call } from "./api.js";
import { fill, h } from "./dom.js";
import { follow } from "./live.js";
import { explanation, lengthOf, pill, STATES } from "./states.js";
import { moveOnHover } from "./storyboard.js";
import { ago, full } from "./time.js";

const PAGE = 50;
/** Events come in bursts; one look is enough for all of them. */
const SOON_MS = 150;

/** @type {import("./app.js").Page} */
export async function clipsPage(main) {
  const camera = await cameraFilter(() => load());
  /** @type {Map<string, HTMLElement>} */
  const rows = new Map();
  /** @type {string | undefined} */
  let next;
  const list = h("ul", { class: "clips" });
  const more = h("button", { type: "button", onclick: () => load(next) }, "Show more");
  const count = h("span", { class: "muted", role: "status" });
  const state = h(
    "select",
    { onchange: () => load() },
    h("option", { value: "" }, "all"),
    STATES.map((each) => h("option", { value: each }, each)),
  );
  const search = h("input", { type: "search", placeholder: "Name or id", oninput: () => later() });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => load(), 250);
  };

  const load = async (/** @type {string | undefined} */ cursor = undefined) => {
    const query = new URLSearchParams({ limit: String(PAGE) });
    if (state.value) query.set("state", state.value);
    if (camera.value.trim()) query.set("camera", camera.value.trim());
    if (search.value.trim()) query.set("search", search.value.trim());
    if (cursor) query.set("cursor", cursor);
    const page = await call(`/clips?${query}`);
    if (!cursor) {
      rows.clear();
      list.replaceChildren();
    }
    for (const clip of page.clips) put(clip);
    next = page.next;
    more.hidden = next === undefined;
    count.textContent = rows.size === 0 ? "" : `${rows.size}${next ? " and more" : ""}`;
    if (rows.size === 0) fill(list, h("li", { class: "empty", style: "display: block" }, "No such clips."));
  };
  const put = (/** @type {import("./api.js").Clip} */ clip) => {
    const row = clipRow(clip);
    const before = rows.get(clip.clipId);
    if (before) before.replaceWith(row);
    else list.append(row);
    rows.set(clip.clipId, row);
  };

  /** @type {Set<string>} */
  const changed = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let soon;
  const refresh = async () => {
    const ids = [...changed];
    changed.clear();
    if (ids.some((id) => !rows.has(id))) return load();
    for (const id of ids) put(await call(`/clips/${encodeURIComponent(id)}`));
  };
  const unfollow = follow(
    ({ clipId, type, percent }) => {
      const bar = rows.get(clipId)?.querySelector("progress");
      if (percent !== undefined && bar) {
        bar.value = percent;
        return;
      }
      if (type === undefined && rows.has(clipId) && bar) return;
      changed.add(clipId);
      clearTimeout(soon);
      soon = setTimeout(() => refresh().catch(() => {}), SOON_MS);
    },
    () => load().catch(() => {}),
  );
  fill(
    main,
    h("div", { class: "head" }, h("h1", {}, "Clips ", count)),
    h(
      "div",
      { class: "head" },
      h("label", { class: "field" }, "State", state),
      h("label", { class: "field" }, "Camera", camera),
      h("label", { class: "field" }, "Search", search),
    ),
    h("div", { class: "panel", style: "padding: 0; overflow: hidden" }, list),
    more,
  );
  await load();
  return () => {
    unfollow();
    clearTimeout(timer);
    clearTimeout(soon);
  };
}

/** A choice of cameras, or their id where nobody can list them. @param {() => void} onchange */
async function cameraFilter(onchange) {
  if (!shows("timeline")) return h("input", { type: "search", placeholder: "Id", onchange });
  const { cameras } = /** @type {{ cameras: import("./api.js").Camera[] }} */ (await call("/cameras"));
  return h(
    "select",
    { onchange },
    h("option", { value: "" }, "all"),
    cameras.map(({ id, title }) => h("option", { value: id }, title ?? id)),
  );
}

/** @param {import("./api.js").Clip} clip */
function clipRow(clip) {
  const { clipId, title, camera, start, state, since, percent, links } = clip;
  const href = `#/clips/${encodeURIComponent(clipId)}`;
  const picture = links.thumbnail
    ? h("img", { class: "thumb", src: links.thumbnail, alt: "", loading: "lazy" })
    : h("span", { class: "thumb" });
  const row = h(
    "li",
    {},
    h("a", { href, tabindex: -1, "aria-hidden": "true" }, picture),
    h(
      "div",
      {},
      h("a", { class: "name", href }, title ?? clipId),
      title && h("div", { class: "small muted" }, clipId),
      h("div", { class: "small muted" }, explanation(clip)),
    ),
    h(
      "div",
      { class: "range" },
      camera ?? "",
      h("div", { class: "small muted" }, start === null ? "" : `${full(start)}, ${lengthOf(clip)}`),
    ),
    h(
      "div",
      { class: "what" },
      pill(clip),
      " ",
      h("span", { class: "small muted" }, since ? ago(since) : ""),
      state === "working" && h("progress", { max: 100, value: percent ?? 0, "aria-label": "Progress" }),
    ),
  );
  if (links.animated && picture instanceof HTMLImageElement) moveOnHover(picture, row, links.animated);
  return row;
}

import { about, shows } from "./about.js";
import { ApiError, call } from "./api.js";
import { clipPage } from "./clip.js";
import { clipsPage } from "./clips.js";
import { byId, fill, h, toast } from "./dom.js";
import { groupPage } from "./group.js";
import { groupsPage } from "./groups.js";
import { connect } from "./live.js";
import { operationsPage } from "./operations.js";
import { isUtc, useUtc } from "./time.js";
import { timelinePage } from "./timeline-page.js";

/** A page fills `main`, and returns how to leave it. @typedef {(main: HTMLElement, rest: string) => Promise<(() => void) | void>} Page */

const pages = {
  timeline: { page: timelinePage, title: "Timeline" },
  clips: { page: clipsPage, title: "Clips" },
  clip: { page: clipPage, title: "Clip" },
  groups: { page: groupsPage, title: "Groups" },
  group: { page: groupPage, title: "Group" },
  operations: { page: operationsPage, title: "Operations" },
};

const ONE_OF = /** @type {const} */ ({ clips: "clip", groups: "group" });

const main = byId("main");
let leave = () => {};
let shown = 0;

async function show() {
  leave();
  leave = () => {};
  const turn = ++shown;
  const [, first = "", rest = ""] = /^#\/([^/]*)\/?(.*)$/.exec(location.hash) ?? [];
  const isShown = Object.hasOwn(pages, first) && (first !== "timeline" || shows("timeline"));
  const usual = shows("timeline") ? "timeline" : "clips";
  const known = isShown ? /** @type {keyof typeof pages} */ (first) : usual;
  // One of them is on a page of its own.
  const name = rest && (known === "clips" || known === "groups") ? ONE_OF[known] : known;
  for (const link of document.querySelectorAll("nav a[data-page]")) {
    const isHere = link.getAttribute("data-page") === known;
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const { page, title } = pages[name];
  document.title = `${title} - camclips`;
  try {
    const left = await page(main, decodeURIComponent(rest));
    // Somebody may have gone on meanwhile.
    if (left && turn === shown) leave = left;
    else left?.();
  } catch (error) {
    if (turn !== shown) return;
    if (error instanceof ApiError && error.status === 401) showLogin();
    else fill(main, h("p", { class: "empty" }, /** @type {Error} */ (error).message));
  }
}

/** By an address that names the token: "camclips console" opens the page so. It does not stay in the browser's history. @param {string} token */
async function loginWith(token) {
  history.replaceState(null, "", "#/");
  await call("/session", { method: "POST", body: { token } }).catch(() => {});
}

function showLogin() {
  const input = h("input", { type: "password", name: "token", required: true, autocomplete: "current-password" });
  const login = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      await call("/session", { method: "POST", body: { token: input.value } });
      connect();
      await show();
    } catch (error) {
      toast(/** @type {Error} */ (error).message);
    }
  };
  fill(
    main,
    h(
      "form",
      { class: "panel", style: "max-width: 380px; margin: 60px auto; display: grid; gap: 12px", onsubmit: login },
      h("h1", {}, "Log in"),
      h("p", { class: "muted" }, 'This service needs a token. Whoever runs it makes one with "camclips token".'),
      h("label", { class: "field" }, "Token", input),
      h("button", { class: "primary", type: "submit" }, "Log in"),
    ),
  );
  input.focus();
}

const zone = /** @type {HTMLSelectElement} */ (byId("zone"));
zone.value = isUtc() ? "utc" : "local";
zone.addEventListener("change", () => {
  useUtc(zone.value === "utc");
  show();
});
addEventListener("hashchange", show);
about.then(async ({ name }) => {
  const [, token] = /^#\/login\/(.+)$/.exec(location.hash) ?? [];
  if (token !== undefined) await loginWith(token);
  const isOther = !shows("timeline");
  byId("place").textContent = isOther ? name : "";
  for (const link of document.querySelectorAll("nav a[data-page=timeline]")) link.toggleAttribute("hidden", isOther);
  connect();
  return show();
});

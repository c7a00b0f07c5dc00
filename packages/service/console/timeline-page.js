import { call } from "./api.js";
import { askForm } from "./ask.js";
import { fill, h } from "./dom.js";
import { follow } from "./live.js";
import { full, span } from "./time.js";
import { Timeline } from "./timeline.js";

const HOUR = 3_600_000;
const SCALES = {
  Minute: HOUR / 60,
  Hour: HOUR,
  Day: 24 * HOUR,
  Week: 168 * HOUR,
  Month: 30 * 24 * HOUR,
  Year: 365 * 24 * HOUR,
};
const RELOAD_MS = 10_000;

/** Where people were is where they come back to. @type {{ start: number, end: number } | undefined} */
let remembered;

/** @type {import("./app.js").Page} */
export async function timelinePage(main) {
  const { cameras } = /** @type {{ cameras: import("./api.js").Camera[] }} */ (await call("/cameras"));
  const { start, end } = remembered ?? firstView(cameras);
  const range = h("span", { class: "muted" });
  const formPlace = h("div", {});
  /** @type {ReturnType<typeof askForm> | undefined} */
  let form;
  /** @type {AbortController | undefined} */
  let loading;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let soon;

  const timeline = new Timeline({
    start,
    end,
    onView: () => {
      remembered = { start: timeline.start, end: timeline.end };
      showRange();
      clearTimeout(soon);
      soon = setTimeout(load, 120);
    },
    onSelect: ({ camera, start, end }) => open(camera, start, end),
  });
  const showRange = () => {
    range.textContent = `${full(timeline.start)} to ${full(timeline.end)} (${span(timeline.end - timeline.start)})`;
  };
  const load = async () => {
    loading?.abort();
    loading = new AbortController();
    const { signal } = loading;
    // A screen on either side, so that moving shows something at once.
    const length = timeline.end - timeline.start;
    const [from, to] = [Math.round(timeline.start - length / 2), Math.round(timeline.end + length / 2)];
    const points = Math.min(4000, Math.max(200, Math.round(timeline.width * 2)));
    try {
      const [clips, ...found] = await Promise.all([
        call(`/clips?start=${Math.max(1e11, from)}&end=${to}&limit=500`, { signal }),
        ...cameras.map(({ id }) =>
          call(`/cameras/${encodeURIComponent(id)}/coverage?start=${Math.max(1e11, from)}&end=${to}&points=${points}`, {
            signal,
          }),
        ),
      ]);
      timeline.show({
        cameras,
        clips: clips.clips,
        coverage: new Map(cameras.map(({ id }, index) => [id, found[index]])),
      });
    } catch (error) {
      if (/** @type {Error} */ (error).name !== "AbortError") throw error;
    }
  };
  const open = (/** @type {string} */ camera, /** @type {number} */ start, /** @type {number} */ end) => {
    timeline.select({ camera, start, end });
    if (form) return form.set(start, end, camera);
    form = askForm({
      cameras,
      chosen: [camera],
      start,
      end,
      onRange: (start, end) => timeline.select({ camera, start, end }),
      onAsked: load,
      onClose: () => {
        form = undefined;
        formPlace.replaceChildren();
        timeline.select(undefined);
        timeline.element.focus();
      },
    });
    fill(formPlace, form.form);
  };
  const middle = () => {
    const fifth = (timeline.end - timeline.start) / 5;
    const { camera } = timeline;
    if (camera !== undefined)
      open(camera, Math.round(timeline.start + 2 * fifth), Math.round(timeline.end - 2 * fifth));
  };

  fill(
    main,
    h("div", { class: "head" }, h("h1", {}, "Timeline"), range),
    h(
      "div",
      { class: "head" },
      h(
        "div",
        { class: "group", role: "group", "aria-label": "Scale" },
        Object.entries(SCALES).map(([name, length]) =>
          h("button", { type: "button", onclick: () => scale(length) }, name),
        ),
      ),
      h(
        "div",
        { class: "group", role: "group", "aria-label": "Move and zoom" },
        button("‹", "Earlier", () => timeline.pan(-0.5)),
        button("›", "Later", () => timeline.pan(0.5)),
        button("−", "Zoom out", () => timeline.zoom(2)),
        button("+", "Zoom in", () => timeline.zoom(0.5)),
      ),
      h("button", { type: "button", onclick: () => latest() }, "Latest footage"),
      h("button", { type: "button", class: "primary", onclick: middle }, "New clip"),
    ),
    cameras.length === 0
      ? h(
          "p",
          { class: "panel empty" },
          "No recordings were found yet. ",
          h("a", { href: "#/operations" }, "Operations"),
          " says what is looked at.",
        )
      : h(
          "div",
          { class: "panel timeline" },
          timeline.element,
          h(
            "div",
            { class: "legend" },
            ...[
              ["footage", "footage"],
              ["growing", "being recorded"],
              ["gap", "not recorded"],
              ["damage", "damaged or deleted"],
              ["clip", "clips"],
            ].map(([name, text]) => h("span", {}, h("i", { class: `i-${name}` }), text)),
            h("span", {}, "Drag over a row for a clip; scroll to zoom; drag the ruler to move"),
          ),
        ),
    formPlace,
  );
  const scale = (/** @type {number} */ length) => {
    const middle = (timeline.start + timeline.end) / 2;
    timeline.view(middle - length / 2, middle + length / 2);
  };
  const latest = () => {
    const { start, end } = firstView(cameras);
    timeline.view(start, end);
  };
  showRange();
  await load();
  const again = setInterval(() => load().catch(() => {}), RELOAD_MS);
  const unfollow = follow(
    ({ type }) => {
      if (type === "RequestAccepted" || type === "ClipPublished") load().catch(() => {});
    },
    () => load().catch(() => {}),
  );
  return () => {
    clearInterval(again);
    clearTimeout(soon);
    loading?.abort();
    unfollow();
  };
}

/** @param {string} text @param {string} label @param {() => void} onclick */
const button = (text, label, onclick) =>
  h("button", { type: "button", "aria-label": label, title: label, onclick }, text);

/** The latest footage, with a little room behind it. @param {import("./api.js").Camera[]} cameras */
function firstView(cameras) {
  const ends = cameras.flatMap(({ last }) => last ?? []);
  const starts = cameras.flatMap(({ first }) => first ?? []);
  const end = ends.length > 0 ? Math.max(...ends) : Date.now();
  const length = Math.min(24 * HOUR, Math.max(60_000, end - Math.min(end - 60_000, ...starts)));
  return { start: end - length * 1.05, end: end + length * 0.1 };
}

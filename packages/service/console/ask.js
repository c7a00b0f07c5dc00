import { attempt, call } from "./api.js";
import { h, toast } from "./dom.js";
import { fromInput, span, TYPED, toInput } from "./time.js";

const POLICIES = {
  SKIP_GAPS: "leave gaps out",
  FILL_WITH_BLACK: "fill gaps with black",
  HOLD_LAST_FRAME: "hold the last frame",
  REJECT: "no clip with gaps",
};
const USUAL = { "": "as the service does" };

/** What need not be chosen, by the request's names. @type {Record<string, { label: string, options: Record<string, string> }>} */
const CHOICES = {
  precision: { label: "Precision", options: { ...USUAL, smart: "smart", exact: "exact", fast: "fast" } },
  priority: {
    label: "Priority",
    options: { "": "when its turn comes", high: "before others", low: "after others" },
  },
  preview: {
    label: "Preview",
    options: { ...USUAL, none: "none", storyboard: "storyboard", animated: "storyboard, animated" },
  },
  clock: { label: "Clock", options: { ...USUAL, none: "none", track: "as subtitles", burned: "in the picture" } },
  codec: { label: "Codec", options: { ...USUAL, h264: "H.264", source: "as recorded, where copied" } },
};

/**
 * The form that asks for clips: one for every camera that is chosen.
 * @param {{ cameras: import("./api.js").Camera[], chosen: string[], start: number, end: number,
 *   onRange(start: number, end: number): void, onAsked(): void, onClose(): void }} options
 */
export function askForm({ cameras, chosen, start, end, onRange, onAsked, onClose }) {
  const when = { type: "text", required: true, pattern: TYPED, title: "2026-01-01 13:05:10.000", autocomplete: "off" };
  const from = h("input", { ...when, name: "from", value: toInput(start) });
  const to = h("input", { ...when, name: "to", value: toInput(end) });
  const title = h("input", { type: "text", name: "title", maxlength: 200, placeholder: "optional" });
  const policy = select(POLICIES);
  const choices = Object.entries(CHOICES).map(([name, { label, options }]) => ({ name, label, box: select(options) }));
  const boxes = cameras.map(({ id, title }) => ({
    id,
    box: h("input", { type: "checkbox", checked: chosen.includes(id) }),
    title: title ?? id,
  }));
  const length = h("span", { class: "muted" }, span(end - start));
  const changed = () => {
    const [first, last] = [fromInput(from.value), fromInput(to.value)];
    const valid = last > first;
    length.textContent = valid ? span(last - first) : "the end must be after the start";
    if (valid) onRange(first, last);
  };
  from.addEventListener("change", changed);
  to.addEventListener("change", changed);

  const ask = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const wanted = boxes.filter(({ box }) => box.checked);
    if (wanted.length === 0) return toast("Choose a camera.");
    const common = {
      start: fromInput(from.value),
      end: fromInput(to.value),
      gapPolicy: policy.value,
      ...Object.fromEntries(choices.flatMap(({ name, box }) => (box.value ? [[name, box.value]] : []))),
      ...(title.value.trim() && { title: title.value.trim() }),
    };
    const body = wanted.map(({ id }) => ({ camera: id, ...common }));
    const answer = await attempt(() => call("/clips", { method: "POST", body }));
    if (!answer) return;
    const [first] = answer.clips;
    toast(
      body.length === 1 ? "The clip is being made. " : `${body.length} clips are being made. `,
      h("a", { href: body.length === 1 ? `#/clips/${encodeURIComponent(first.clipId)}` : "#/clips" }, "Look at it"),
    );
    onAsked();
  };
  const form = h(
    "form",
    { class: "panel ask", onsubmit: ask, "aria-label": "Ask for a clip" },
    h("h2", { class: "wide", style: "margin: 0" }, "Ask for a clip ", length),
    h("label", { class: "field" }, "From", from),
    h("label", { class: "field" }, "To (not in the clip)", to),
    h("label", { class: "field" }, "Name", title),
    h("label", { class: "field" }, "Gaps", policy),
    choices.map(({ label, box }) => h("label", { class: "field" }, label, box)),
    h(
      "fieldset",
      { class: "checks wide" },
      h("legend", {}, "Cameras"),
      boxes.map(({ box, title }) => h("label", {}, box, " ", title)),
    ),
    h(
      "div",
      { class: "wide player-bar", style: "margin: 0" },
      h("button", { class: "primary", type: "submit" }, "Make the clip"),
      h("button", { type: "button", onclick: onClose }, "Close"),
    ),
  );
  return {
    form,
    /** @param {number} start @param {number} end @param {string} camera */
    set(start, end, camera) {
      from.value = toInput(start);
      to.value = toInput(end);
      for (const { id, box } of boxes) box.checked = id === camera || (box.checked && chosen.length > 1);
      length.textContent = span(end - start);
    },
  };
}

/** @param {Record<string, string>} options */
const select = (options) =>
  h(
    "select",
    {},
    Object.entries(options).map(([value, text]) => h("option", { value }, text)),
  );

import { h } from "./dom.js";
import { clock, day, full, marks, span } from "./time.js";

/** Cameras as rows, time from left to right: one canvas, so that a year of gaps is as quick as an hour. */

const RULER = 34;
const ROW = 46;
const SHORTEST_MS = 2_000;
const LONGEST_MS = 2 * 365 * 86_400_000;
/** A pointer that moved less was a click. */
const CLICK_PX = 4;
const HOVER_MS = 110;

/** @typedef {{ camera: string, start: number, end: number }} Selection */
/**
 * @typedef {{ cameras: import("./api.js").Camera[], coverage: Map<string, import("./api.js").Coverage>,
 *   clips: import("./api.js").Clip[] }} Shown
 */

export class Timeline {
  /** @type {Shown} */
  #shown = { cameras: [], coverage: new Map(), clips: [] };
  /** @type {Selection | undefined} */
  #selection;
  /** @type {{ x: number, row: number } | undefined} */
  #hover;
  #row = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #hoverTimer;
  #canvas = h("canvas", {});
  #tip = h("div", { class: "tip", hidden: true });
  #picture = h("img", { alt: "" });
  #tipText = h("div", {});

  /**
   * @param {{ start: number, end: number, onView(): void, onSelect(selection: Selection): void }} options
   */
  constructor({ start, end, onView, onSelect }) {
    this.start = start;
    this.end = end;
    this.onView = onView;
    this.onSelect = onSelect;
    this.#tip.append(this.#picture, this.#tipText);
    this.element = h(
      "div",
      {
        class: "track",
        tabindex: 0,
        role: "group",
        "aria-roledescription": "timeline",
        "aria-label":
          "Footage of all cameras. Arrow keys move in time and between cameras, plus and minus zoom, Enter chooses the middle of what is shown.",
        onpointerdown: (/** @type {PointerEvent} */ event) => this.#down(event),
        onpointermove: (/** @type {PointerEvent} */ event) => this.#move(event),
        onpointerleave: () => this.#leave(),
        onwheel: (/** @type {WheelEvent} */ event) => this.#wheel(event),
        onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
      },
      this.#canvas,
      this.#tip,
    );
    new ResizeObserver(() => this.draw()).observe(this.element);
    this.#picture.addEventListener("error", () => this.#picture.removeAttribute("src"));
  }

  /** @param {Shown} shown */
  show(shown) {
    this.#shown = shown;
    this.draw();
  }

  /** @param {Selection | undefined} selection */
  select(selection) {
    this.#selection = selection;
    this.draw();
  }

  get camera() {
    return this.#shown.cameras[this.#row]?.id ?? this.#shown.cameras[0]?.id;
  }

  /** @param {number} start @param {number} end */
  view(start, end) {
    const length = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, end - start));
    const middle = (start + end) / 2;
    this.start = middle - length / 2;
    this.end = middle + length / 2;
    this.draw();
    this.onView();
  }

  /** @param {number} factor @param {number} [around] */
  zoom(factor, around = (this.start + this.end) / 2) {
    this.view(around - (around - this.start) * factor, around + (this.end - around) * factor);
  }

  /** @param {number} share of what is shown */
  pan(share) {
    const by = (this.end - this.start) * share;
    this.view(this.start + by, this.end + by);
  }

  get width() {
    return this.element.clientWidth;
  }

  /** Where rows begin: names stand left of them where there is room. */
  get #left() {
    return this.width > 640 ? 150 : 0;
  }

  /** @param {number} x */
  #timeAt(x) {
    return this.start + ((x - this.#left) / (this.width - this.#left)) * (this.end - this.start);
  }

  /** @param {number} at */
  #xOf(at) {
    return this.#left + ((at - this.start) / (this.end - this.start)) * (this.width - this.#left);
  }

  /** @param {number} y */
  #rowAt(y) {
    const row = Math.floor((y - RULER) / ROW);
    return row >= 0 && row < this.#shown.cameras.length ? row : -1;
  }

  draw() {
    const { cameras, coverage, clips } = this.#shown;
    const [width, height] = [this.width, RULER + Math.max(1, cameras.length) * ROW];
    if (width === 0) return;
    const scale = devicePixelRatio || 1;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    this.#canvas.style.height = `${height}px`;
    const context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext("2d"));
    context.scale(scale, scale);
    const style = getComputedStyle(this.element);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`);
    context.font = `12px ${style.fontFamily}`;
    context.textBaseline = "middle";

    this.#drawRuler(context, colour, width, height);
    for (const [index, camera] of cameras.entries()) {
      const top = RULER + index * ROW;
      context.fillStyle = colour("line");
      context.fillRect(0, top, width, 1);
      const [from, to] = [top + 9, ROW - 18];
      context.fillStyle = colour("sunken");
      context.fillRect(this.#left, from, width - this.#left, to);
      const { spans = [], gaps = [] } = coverage.get(camera.id) ?? {};
      for (const { start, end, growing } of spans)
        this.#bar(context, colour(growing ? "growing" : "footage"), start, end, from, to);
      for (const { start, end, cause } of gaps)
        if (cause !== "NOT_RECORDED") this.#bar(context, colour("damage"), start, end, from + to - 5, 5);
      for (const clip of clips)
        if (clip.camera === camera.id && clip.start !== null && clip.end !== null)
          this.#bar(context, colour("clip"), clip.start, clip.end, top + 4, 4);
      this.#drawName(context, colour, camera, top, index === this.#row);
    }
    this.#drawSelection(context, colour);
    if (this.#hover) {
      context.fillStyle = colour("text");
      context.fillRect(this.#hover.x, 0, 1, height);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {(name: string) => string} colour @param {number} width @param {number} height */
  #drawRuler(context, colour, width, height) {
    for (const { at, label, strong } of marks(this.start, this.end, width - this.#left)) {
      const x = Math.round(this.#xOf(at));
      context.fillStyle = colour(strong ? "muted" : "line");
      context.fillRect(x, strong ? 0 : 8, 1, height);
      context.fillStyle = colour("muted");
      context.fillText(label, x + 5, RULER / 2);
    }
    if (this.#left > 0) {
      context.fillStyle = colour("panel");
      context.fillRect(0, 0, this.#left, height);
      context.fillStyle = colour("muted");
      context.fillText(day(this.start), 16, RULER / 2);
    }
    const now = this.#xOf(Date.now());
    if (now > this.#left && now < width) {
      context.fillStyle = colour("accent");
      context.fillRect(now, 0, 2, height);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {(name: string) => string} colour @param {import("./api.js").Camera} camera @param {number} top @param {boolean} current */
  #drawName(context, colour, camera, top, current) {
    const name = camera.title ?? camera.id;
    context.fillStyle = colour("text");
    context.font = `${current ? 600 : 500} 14px ${getComputedStyle(this.element).fontFamily}`;
    if (this.#left > 0) {
      context.fillText(cut(context, name, this.#left - 28), 16, top + ROW / 2);
      return;
    }
    const shown = cut(context, name, 160);
    const { width } = context.measureText(shown);
    context.globalAlpha = 0.86;
    context.fillStyle = colour("panel");
    context.fillRect(6, top + 12, width + 10, ROW - 24);
    context.globalAlpha = 1;
    context.fillStyle = colour("text");
    context.fillText(shown, 11, top + ROW / 2);
  }

  /** @param {CanvasRenderingContext2D} context @param {string} fill @param {number} start @param {number} end @param {number} y @param {number} height */
  #bar(context, fill, start, end, y, height) {
    const from = Math.max(this.#left, this.#xOf(start));
    const to = Math.min(this.width, this.#xOf(end));
    if (to <= this.#left || from >= this.width) return;
    context.fillStyle = fill;
    context.fillRect(from, y, Math.max(1, to - from), height);
  }

  /** @param {CanvasRenderingContext2D} context @param {(name: string) => string} colour */
  #drawSelection(context, colour) {
    if (!this.#selection) return;
    const { camera, start, end } = this.#selection;
    const top = RULER + this.#shown.cameras.findIndex(({ id }) => id === camera) * ROW;
    const from = Math.max(this.#left, this.#xOf(start));
    const to = Math.min(this.width, this.#xOf(end));
    if (to < from) return;
    context.globalAlpha = 0.22;
    context.fillStyle = colour("accent");
    context.fillRect(from, top + 1, to - from, ROW - 1);
    context.globalAlpha = 1;
    for (const x of [from, to]) context.fillRect(x - 1, top + 1, 2, ROW - 1);
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const { x, y } = this.#place(event);
    const row = this.#rowAt(y);
    // A finger moves the view, as people expect; a mouse on the ruler does, too.
    const pans = event.pointerType === "touch" || row < 0 || event.button === 1 || event.shiftKey;
    if (event.button > 1) return;
    const [start, end, camera] = [this.start, this.end, this.#shown.cameras[row]?.id];
    if (row >= 0) this.#row = row;
    this.element.setPointerCapture(event.pointerId);
    const anchor = this.#timeAt(x);
    const move = (/** @type {PointerEvent} */ moved) => {
      const to = this.#place(moved).x;
      if (pans) {
        const by = ((x - to) / (this.width - this.#left)) * (end - start);
        this.view(start + by, end + by);
      } else if (camera !== undefined && Math.abs(to - x) > CLICK_PX) {
        const [from, until] = [anchor, this.#timeAt(to)].sort((a, b) => a - b);
        this.#tip.hidden = true;
        this.select({ camera, start: Math.round(from ?? 0), end: Math.round(until ?? 0) });
      }
    };
    const up = () => {
      this.element.removeEventListener("pointermove", move);
      if (!pans && this.#selection) this.onSelect(this.#selection);
      this.draw();
    };
    this.element.addEventListener("pointermove", move);
    this.element.addEventListener("pointerup", up, { once: true });
    this.element.addEventListener("pointercancel", up, { once: true });
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (event.pointerType === "touch") return;
    const { x, y } = this.#place(event);
    const row = this.#rowAt(y);
    this.#hover = { x, row };
    this.draw();
    this.#showTip(x, row);
  }

  #leave() {
    this.#hover = undefined;
    this.#tip.hidden = true;
    clearTimeout(this.#hoverTimer);
    this.draw();
  }

  /** @param {number} x @param {number} row */
  #showTip(x, row) {
    const camera = this.#shown.cameras[row];
    clearTimeout(this.#hoverTimer);
    if (!camera || x < this.#left) {
      this.#tip.hidden = true;
      return;
    }
    const at = this.#timeAt(x);
    const { spans = [], gaps = [] } = this.#shown.coverage.get(camera.id) ?? {};
    const found = spans.find(({ start, end }) => at >= start && at < end);
    const gap = gaps.find(({ start, end }) => at >= start && at < end);
    this.#tip.hidden = false;
    const left = Math.min(Math.max(4, x - 126), this.width - 258);
    const below = RULER + (row + 1) * ROW + 2;
    this.#tip.style.left = `${left}px`;
    this.#tip.style.top = `${below}px`;
    this.#picture.hidden = !found;
    this.#tipText.textContent = `${full(at)}  ${found ? formatText(found) : gap ? gapText(gap) : "no footage"}`;
    // A tenth of a pixel's time would be another picture for the same place.
    const step = Math.max(100, Math.round((this.end - this.start) / this.width));
    if (found)
      this.#hoverTimer = setTimeout(() => {
        const snapped = Math.max(found.start, Math.round(at / step) * step);
        this.#picture.src = `/cameras/${encodeURIComponent(camera.id)}/frame?at=${snapped}&width=320`;
      }, HOVER_MS);
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    const { x } = this.#place(event);
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
      this.pan((event.deltaX || event.deltaY) / this.width);
    else this.zoom(1.0015 ** event.deltaY, this.#timeAt(x));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const keys = /** @type {Record<string, () => void>} */ ({
      ArrowLeft: () => this.pan(-0.1),
      ArrowRight: () => this.pan(0.1),
      ArrowUp: () => this.#step(-1),
      ArrowDown: () => this.#step(1),
      "+": () => this.zoom(0.5),
      "=": () => this.zoom(0.5),
      "-": () => this.zoom(2),
      Enter: () => this.#chooseMiddle(),
      Escape: () => this.select(undefined),
    });
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
  }

  /** @param {number} by */
  #step(by) {
    this.#row = Math.max(0, Math.min(this.#shown.cameras.length - 1, this.#row + by));
    this.draw();
  }

  #chooseMiddle() {
    const camera = this.camera;
    if (camera === undefined) return;
    const fifth = (this.end - this.start) / 5;
    const selection = { camera, start: Math.round(this.start + 2 * fifth), end: Math.round(this.end - 2 * fifth) };
    this.select(selection);
    this.onSelect(selection);
  }

  /** @param {MouseEvent} event */
  #place({ clientX, clientY }) {
    const { left, top } = this.element.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} width */
function cut(context, text, width) {
  let shown = text;
  while (shown.length > 1 && context.measureText(shown).width > width) shown = `${shown.slice(0, -2)}…`;
  return shown;
}

/** @param {import("./api.js").Span} span */
const formatText = ({ codec, width, height, fps }) =>
  [codec, width && `${width}×${height}`, fps && `${fps} fps`].filter(Boolean).join(", ");

/** @param {import("./api.js").Gap} gap */
function gapText({ start, end, cause, message }) {
  const words = /** @type {Record<string, string>} */ ({
    NOT_RECORDED: "not recorded",
    SOURCE_DELETED: "deleted",
    CORRUPT_SOURCE: "damaged",
  });
  return `${words[cause] ?? cause} for ${span(end - start)} until ${clock(end)}${message ? `: ${message}` : ""}`;
}

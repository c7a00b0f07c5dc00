import { h } from "./dom.js";

/** @typedef {{ from: number, to: number, sprite: string, x: number, y: number, width: number, height: number }} Tile */

/** @param {string} text */
const secondsOf = (text) => text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);

/** The tiles of a thumbnails track. @param {string} track WebVTT @param {string} base its own address @returns {Tile[]} */
function tilesOf(track, base) {
  const cues = track.matchAll(/^([\d:.]+) --> ([\d:.]+)\n(.+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm);
  return [...cues].map(([, from = "", to = "", sprite = "", ...numbers]) => {
    const [x = 0, y = 0, width = 0, height = 0] = numbers.map(Number);
    const address = new URL(sprite, new URL(base, location.href)).href;
    return { from: secondsOf(from), to: secondsOf(to), sprite: address, x, y, width, height };
  });
}

/**
 * A bar to seek with, which shows what the clip shows there.
 * @param {HTMLVideoElement} video @param {string} address of the track @param {(seconds: number) => string} clockAt
 */
export function storyboard(video, address, clockAt) {
  const bar = h("input", {
    type: "range",
    min: 0,
    max: 1,
    step: "any",
    value: 0,
    "aria-label": "Position in the clip",
  });
  const picture = h("div", { class: "tile" });
  const text = h("div", { class: "small" });
  const tip = h("div", { class: "tip", hidden: true, "aria-hidden": "true" }, picture, text);
  /** @type {Tile[]} */
  let tiles = [];
  fetch(address)
    .then((answer) => answer.text())
    .then((track) => {
      tiles = tilesOf(track, address);
    })
    .catch(() => {});
  const length = () => video.duration || 0;
  const show = (/** @type {number} */ share) => {
    const seconds = share * length();
    const tile = tiles.findLast(({ from }) => from <= seconds) ?? tiles[0];
    if (!tile) return;
    picture.style.cssText = `width: ${tile.width}px; height: ${tile.height}px; background: url("${tile.sprite}") -${tile.x}px -${tile.y}px`;
    text.textContent = clockAt(seconds);
    const room = bar.clientWidth - tile.width;
    tip.style.left = `${Math.max(0, Math.min(room, share * bar.clientWidth - tile.width / 2))}px`;
    tip.hidden = false;
  };
  const shareOf = () => Number(bar.value);
  bar.addEventListener("pointermove", ({ offsetX }) => show(Math.max(0, Math.min(1, offsetX / bar.clientWidth))));
  bar.addEventListener("input", () => {
    video.currentTime = shareOf() * length();
    show(shareOf());
  });
  bar.addEventListener("focus", () => show(shareOf()));
  for (const event of ["pointerleave", "blur"])
    bar.addEventListener(event, () => {
      tip.hidden = true;
    });
  video.addEventListener("timeupdate", () => {
    bar.value = String(video.currentTime / (length() || 1));
    bar.setAttribute("aria-valuetext", clockAt(video.currentTime));
  });
  return h("div", { class: "storyboard" }, tip, bar);
}

/** Lets a list's picture move while it is pointed at. @param {HTMLImageElement} picture @param {HTMLElement} area @param {string} moving */
export function moveOnHover(picture, area, moving) {
  const still = picture.src;
  const start = () => {
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) picture.src = moving;
  };
  const stop = () => {
    picture.src = still;
  };
  for (const event of ["pointerenter", "focusin"]) area.addEventListener(event, start);
  for (const event of ["pointerleave", "focusout"]) area.addEventListener(event, stop);
}

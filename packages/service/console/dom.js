/** @typedef {Node | string | number | false | null | undefined} Child */

/**
 * An element. Properties beginning with `on` are listeners, the others attributes; false and undefined leave one out.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, unknown>} [properties]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (name === "style") element.style.cssText = String(value);
    else if (value !== undefined && value !== false && value !== null)
      element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/** @param {Element} parent @param {(Child | Child[])[]} children */
function append(parent, children) {
  for (const child of children.flat())
    if (child !== false && child !== null && child !== undefined)
      parent.append(child instanceof Node ? child : String(child));
}

/** @param {Element} parent @param {...(Child | Child[])} children */
export function fill(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
}

/** Says something for a few seconds. @param {...Child} content */
export function toast(...content) {
  const shown = h("div", { class: "toast" }, ...content);
  document.getElementById("toasts")?.append(shown);
  setTimeout(() => shown.remove(), 6000);
}

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

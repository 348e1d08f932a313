// Makes and updates SVG elements in one call. Text goes in as text, never as markup.

const NAMESPACE = "http://www.w3.org/2000/svg";

/** @typedef {Record<string, string | number | boolean | null | undefined>} Attributes */

/** Sets attributes; null, undefined and false remove one, true sets it empty. Unchanged values are left alone.
 * @template {Element} E @param {E} element @param {Attributes} attributes @returns {E} */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else {
      const text = value === true ? "" : String(value);
      if (element.getAttribute(name) !== text) element.setAttribute(name, text);
    }
  }
  return element;
}

/** svg("rect", {x: 1, class: "running"}, child, "text", …)
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} name @param {Attributes} [attributes] @param {...(Node | string | number)} children
 * @returns {SVGElementTagNameMap[K]} */
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(NAMESPACE, name);
  for (const child of children) element.append(typeof child === "number" ? String(child) : child);
  return set(element, attributes);
}

/** html("td", {class: "time"}, "4.0 ms"): the same for HTML.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name @param {Attributes} [attributes] @param {...(Node | string | number)} children
 * @returns {HTMLElementTagNameMap[K]} */
export function html(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const child of children) element.append(typeof child === "number" ? String(child) : child);
  return set(element, attributes);
}

/** Writes text only where it changed, so that a draw at 60 frames a second touches nothing that stayed the same.
 * @param {Node} node @param {string | number} text */
export function write(node, text) {
  const wanted = String(text);
  if (node.textContent !== wanted) node.textContent = wanted;
}

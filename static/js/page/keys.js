// Keys → names of what the player does. Names are those of the toolbar's data-do, and a few more.
// PageUp and PageDown turn the text and are heard in steps.js.
import { element, keep } from "./page.js";

/** @type {Record<string, string>} */
const KEYS = {
  " ": "play",
  ArrowLeft: "previous",
  ArrowRight: "next",
  Home: "home",
  End: "end",
  "[": "slower",
  "]": "faster",
  "?": "help",
  "+": "zoom-in",
  "=": "zoom-in",
  "-": "zoom-out",
  _: "zoom-out",
  0: "fit",
  ",": "previous-change",
  ".": "next-change",
  o: "loop",
  l: "live",
  p: "projector",
};
/** @type {Record<string, string>} */
const SHIFTED = { ArrowLeft: "pan-left", ArrowRight: "pan-right", "?": "help", "+": "zoom-in", _: "zoom-out" };

const WRITES = "input, textarea, select, [contenteditable], dialog, [role=tablist], [role=listbox], [role=grid]";
const PRESSES = "button, a[href], summary, [role=button]";

/** @typedef {{ key: string, ctrlKey: boolean, altKey: boolean, metaKey: boolean, shiftKey: boolean }} Press */

/** What this key means, or null; modifiers make it somebody else's key.
 * @param {Press} press @returns {string | null} */
export function meaning({ key, ctrlKey, altKey, metaKey, shiftKey }) {
  const altGraph = ctrlKey && altKey && "[]".includes(key); // how several layouts type a bracket
  if (!altGraph && (ctrlKey || altKey || metaKey)) return null;
  const name = key.length === 1 ? key.toLowerCase() : key;
  const table = shiftKey ? SHIFTED : KEYS;
  return Object.hasOwn(table, name) ? table[name] : null;
}

/** Whether a key pressed there belongs to what has the focus, not to the player.
 * @param {EventTarget | null} target @param {string} key */
function taken(target, key) {
  if (!(target instanceof Element)) return false;
  return target.closest(WRITES) !== null || (key === " " && target.closest(PRESSES) !== null);
}

/** Listens for keys as long as #shortcuts is on (kept between visits) and no dialog is open.
 * @param {(name: string) => void} act */
export function listen(act) {
  const box = element("shortcuts", HTMLInputElement);
  if (box) {
    box.checked = keep("shortcuts") !== "off";
    box.addEventListener("change", () => keep("shortcuts", box.checked ? "on" : "off"));
  }
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || (box && !box.checked)) return;
    if (document.querySelector("dialog[open]") || taken(event.target, event.key)) return;
    const name = meaning(event);
    if (!name) return;
    event.preventDefault();
    act(name);
  });
}

// Keyboard shortcuts: key → command name. Names are those of the toolbar's data-do, and a few more.
// PageUp and PageDown turn the text and are heard in steps.js.
import { signOf } from "../plot/typed_key.js";
import { elementById, storedPreference } from "./page.js";

/** @type {Record<string, string>} */
const KEY_COMMANDS = {
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
  p: "present",
};
/** @type {Record<string, string>} */
const SHIFT_COMMANDS = { ArrowLeft: "pan-left", ArrowRight: "pan-right", "?": "help", "+": "zoom-in", _: "zoom-out" };

const TYPING_SELECTOR =
  "input, textarea, select, [contenteditable], dialog, [role=tablist], [role=listbox], [role=grid]";
const SPACE_SELECTOR = "button, a[href], summary, [role=button], [role=treeitem]";

/** @typedef {import("../plot/typed_key.js").Press & { ctrlKey: boolean, altKey: boolean, metaKey: boolean }} KeyPress */

/** The command of a key, or null; with a modifier the key belongs to the browser.
 * @param {KeyPress} press @returns {string | null} */
export function commandOfKey(press) {
  const { key, ctrlKey, altKey, metaKey, shiftKey } = press;
  const altGraph = ctrlKey && altKey && "[]".includes(key); // how several layouts type a bracket
  if (!altGraph && (ctrlKey || altKey || metaKey)) return null;
  const table = shiftKey ? SHIFT_COMMANDS : KEY_COMMANDS;
  const sign = signOf(press, (each) => Object.hasOwn(table, each));
  return Object.hasOwn(table, sign) ? table[sign] : null;
}

/** Whether a key pressed there belongs to what has the focus, not to the player.
 * @param {EventTarget | null} target @param {string} key */
function focusUsesKey(target, key) {
  if (!(target instanceof Element)) return false;
  return target.closest(TYPING_SELECTOR) !== null || (key === " " && target.closest(SPACE_SELECTOR) !== null);
}

/** Listens for keys as long as #shortcuts is on (kept between visits) and no dialog is open.
 * @param {(name: string) => void} runCommand */
export function bindKeyboard(runCommand) {
  const box = elementById("shortcuts", HTMLInputElement);
  if (box) {
    box.checked = storedPreference("shortcuts") !== "off";
    box.addEventListener("change", () => storedPreference("shortcuts", box.checked ? "on" : "off"));
  }
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || (box && !box.checked)) return;
    if (document.querySelector("dialog[open]") || focusUsesKey(event.target, event.key)) return;
    const name = commandOfKey(event);
    if (!name) return;
    event.preventDefault();
    runCommand(name);
  });
}

// The keys of presenting, what clickers and slide programs send: a table of its own, which holds only while presenting.

import { digitOf, signOf } from "../plot/typed_key.js";

/** @type {Record<string, string>} */
const KEYS = {
  PageDown: "next",
  ArrowRight: "next",
  ArrowDown: "next",
  " ": "next",
  Enter: "next",
  PageUp: "back",
  ArrowLeft: "back",
  ArrowUp: "back",
  Home: "first",
  End: "last",
  Escape: "leave",
  F5: "full",
  f: "full",
  b: "black",
  ".": "black",
  s: "notes",
  a: "all",
  g: "goto",
  r: "run",
  "?": "help",
  "[": "slower",
  "]": "faster",
};
/** Single events, which are rarer than slides. @type {Record<string, string>} */
const SHIFTED = { ArrowLeft: "event-back", ArrowRight: "event-on", F5: "full", "?": "help" };

/** What stays when single-key shortcuts are off (WCAG 2.1.4 is about keys that type), so that a clicker goes on working. */
const STAYS = new Set(["PageDown", "PageUp", "ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "Escape", "F5"]);
/** What a field has no use for, or must give up: a clicker turns slides wherever the focus is. */
const ALWAYS = new Set(["PageDown", "PageUp", "Escape", "F5"]);
const WRITES = "input, textarea, select, [contenteditable]";
const PRESSES = "button, a[href], summary, [role=button], [role=treeitem]";

/** @typedef {import("../plot/typed_key.js").Press & { ctrlKey: boolean, altKey: boolean, metaKey: boolean }} Press */

/** What a key means while presenting, or null; "digit-3" for a 3.
 * @param {Press} press @param {boolean} single whether single-key shortcuts are on @returns {string | null} */
export function meaning(press, single) {
  const { key, ctrlKey, altKey, metaKey, shiftKey } = press;
  const altGraph = ctrlKey && altKey && "[]".includes(key); // how several layouts type a bracket
  if (!altGraph && (ctrlKey || altKey || metaKey)) return null;
  if (!single && !STAYS.has(key)) return null;
  const digit = digitOf(press);
  if (digit) return `digit-${digit}`;
  const table = shiftKey ? SHIFTED : KEYS;
  const sign = signOf(press, (each) => Object.hasOwn(table, each));
  return Object.hasOwn(table, sign) ? table[sign] : null;
}

/** Whether a key pressed there belongs to what has the focus. @param {EventTarget | null} target @param {string} key */
export function taken(target, key) {
  if (!(target instanceof Element) || ALWAYS.has(key)) return false;
  return target.closest(WRITES) !== null || ((key === " " || key === "Enter") && target.closest(PRESSES) !== null);
}

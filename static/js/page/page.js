// The page's JSON block, its translations, elements by id, and preferences in localStorage.
import { html } from "../plot/svg.js";

/** @typedef {import("../types").Page} Page */
/** @typedef {import("../types").Say} Say */

/** Reads `#page`, and `#recordings` of a file that plays without a server. @returns {Page} */
export function readPage() {
  const read = (/** @type {string} */ id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
  return { ...read("page"), files: read("recordings") };
}

/** say("key", {slot: value}); an unknown key shows as the key, so that it is seen and not silently blank.
 * @param {Record<string, string>} labels @returns {Say} */
export function createTranslator(labels) {
  return (key, slots = {}) => {
    const template = Object.hasOwn(labels, key) ? labels[key] : key;
    return template.replace(/\{(\w+)\}/g, (whole, slot) => (Object.hasOwn(slots, slot) ? String(slots[slot]) : whole));
  };
}

/** @type {Promise<void> | null} */
let remaining = null;

/** Fetches the words and the sheet that only folded parts and runs say, once; rejected where they cannot be had, and tried anew.
 * @param {Page} page @returns {Promise<void>} */
export function loadRemainingLabels(page) {
  if (page.words === null) return Promise.resolve();
  remaining ??= fetchLabels(page, page.words).catch((error) => {
    remaining = null;
    throw error;
  });
  return remaining;
}

/** @param {Page} page @param {string} address */
async function fetchLabels(page, address) {
  const [answer] = await Promise.all([fetch(address), page.sheet === null ? null : addSheet(page.sheet)]);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  Object.assign(page.labels, await answer.json());
}

/** A view measures itself once it is mounted: its sheet comes first. @param {string} href @returns {Promise<unknown>} */
function addSheet(href) {
  const link = html("link", { rel: "stylesheet", href });
  const loaded = new Promise((done, failed) => {
    link.addEventListener("load", done);
    link.addEventListener("error", () => failed(new Error(href)));
  });
  document.head.append(link);
  return loaded;
}

/** The element of this id, if it is of this type: a page without a player is a page all the same.
 * @template {Element} E @param {string} id @param {new () => E} type @returns {E | null} */
export function elementById(id, type) {
  const found = document.getElementById(id);
  return found instanceof type ? found : null;
}

/** Reads a preference from localStorage, after writing it if a value is given; where storage is refused, nothing is kept.
 * @param {string} key @param {string} [value] @returns {string | null} */
export function storedPreference(key, value) {
  try {
    if (value !== undefined) localStorage.setItem(`timeslice.${key}`, value);
    return localStorage.getItem(`timeslice.${key}`);
  } catch {
    return value ?? null;
  }
}

/** Whether the question is still open: nothing that answers it is shown. */
export const veiled = () => document.documentElement.hasAttribute("data-veil");

/** Calls the listener with the id of each step the reader turns to. @param {(id: string) => void} listener */
export function onStepChange(listener) {
  document.addEventListener("timeslice:step", (event) => event instanceof CustomEvent && listener(event.detail.id));
}

// Presenting, loaded when it is asked for: brings its words and its style sheet, then the deck over the page or its notes window.
import { openNotes } from "./notes.js";
import { PresentationMode } from "./presentation_mode.js";

/**
 * @typedef {object} Given what the page hands over
 * @property {import("../types").Page} page
 * @property {Awaited<ReturnType<typeof import("../page/screen.js").createScreen>>} screen
 * @property {import("../story/director.js").Director} director
 * @property {(action: string | null) => unknown} take null ends the run
 * @property {() => "none" | "asked" | "live" | "over"} latest what became of the newest run that was asked for here
 * @property {HTMLButtonElement} button that asked for it
 * @property {string} how `1`, `all` or `notes`
 */
/** @typedef {{ labels: Record<string, string>, keys: [string[], string][] }} Brought the words, from the server */

const root = document.documentElement;

/** @param {Given} given */
export async function present(given) {
  if (root.classList.contains("projector")) return;
  root.classList.add("projector", "presenting");
  const [{ labels, keys }] = await Promise.all([brought(given.button), sheetOf(given.button)]);
  /** @type {import("./content.js").Words} */
  const words = (key, slots = {}) =>
    (labels[key] ?? key).replace(/\{(\w+)\}/g, (whole, slot) => String(slots[slot] ?? whole));
  if (given.how === "notes") return openNotes(given, words);
  await new PresentationMode(given, words, keys).begin();
}

/** @param {HTMLButtonElement} button @returns {Promise<Brought>} */
async function brought({ dataset }) {
  return (await fetch(dataset.words ?? "")).json();
}

/** Its style sheet, once. @param {HTMLButtonElement} button */
function sheetOf({ dataset: { sheet = "" } }) {
  if (document.querySelector(`link[href="${CSS.escape(sheet)}"]`)) return;
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = sheet;
  const loaded = new Promise((done) => {
    link.onload = link.onerror = done;
  });
  document.head.append(link);
  return loaded;
}

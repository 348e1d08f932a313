// The line between the deck and its notes window, two pages of one browser: the server knows nothing of it.

/**
 * @typedef {object} State what the deck shows
 * @property {string} slug of the lesson
 * @property {string} notes address of its notes window
 * @property {string} name of the slide
 * @property {boolean} all whether all slides are shown, or the ten-minute path
 * @property {string} does what Next would do: next, play, run, wait, reveal, lesson, end
 * @property {boolean} black
 * @property {number} began_ms when the presentation began (Date.now)
 * @property {number} shape width ÷ height of the screen
 */
/** @typedef {{ deck: string, state: State } | { deck: string, key: string }} Message  `key`: a name of the key table, or
 *   "hello" of a window that has just opened, or "begin" for the timer */

const NAME = "timeslice:presenting";
const KEPT = "timeslice:deck";

/** The name of this tab's deck, kept over a reload and over the lessons. */
export function deckName() {
  const made = [...crypto.getRandomValues(new Uint8Array(8))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  try {
    const name = sessionStorage.getItem(KEPT) ?? made;
    sessionStorage.setItem(KEPT, name);
    return name;
  } catch {
    return made;
  }
}

/** When this tab's presentation began. @param {number} [now_ms] begins it anew */
export function began(now_ms) {
  try {
    if (now_ms !== undefined) sessionStorage.setItem(`${KEPT}:began`, String(now_ms));
    return Number(sessionStorage.getItem(`${KEPT}:began`)) || Date.now();
  } catch {
    return now_ms ?? Date.now();
  }
}

export class Channel {
  #line = "BroadcastChannel" in globalThis ? new BroadcastChannel(NAME) : null;

  /** @param {(message: Message) => void} hears */
  constructor(hears) {
    this.#line?.addEventListener("message", ({ data }) => hears(data));
  }

  /** @param {Message} message */
  say(message) {
    this.#line?.postMessage(message);
  }

  close() {
    this.#line?.close();
  }
}

// The status line (an ARIA live region): one sentence at each change of the run's state; keeps the run's fragment in step.
import { write } from "../plot/svg.js";

/** @typedef {import("../types").Say} Say */

export class StatusLine {
  #say;
  #element = document.getElementById("status");
  #text = "";

  /** @param {Say} say */
  constructor(say) {
    this.#say = say;
  }

  /** Announces the label of a key; the same text is not announced twice in a row.
   * @param {string} key @param {Record<string, string | number>} [slots] */
  announce(key, slots) {
    const text = this.#say(key, slots);
    if (!this.#element || text === this.#text) return;
    this.#text = text;
    write(this.#element, text);
  }

  /** Announces a text that the server rendered. @param {string} sentence */
  announceText(sentence) {
    this.#text = sentence;
    if (this.#element) write(this.#element, sentence);
  }

  /** Clears the label of one of these keys, if it is what the line shows. @param {string[]} keys */
  retract(...keys) {
    if (!this.#element || !keys.some((key) => this.#text === this.#say(key))) return;
    this.#text = "";
    write(this.#element, "");
  }
}

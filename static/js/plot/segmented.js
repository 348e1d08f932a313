// A row of buttons of which one is pressed.
import { html, set } from "./svg.js";

/** @template {string} K */
export class Segmented {
  root;
  #buttons;

  /** @param {string} label @param {readonly (readonly [K, string])[]} choices keys and their words @param {K} pressed
   * @param {(key: K) => void} picked */
  constructor(label, choices, pressed, picked) {
    this.#buttons = choices.map(([key, words]) => {
      const button = html("button", { type: "button", "aria-pressed": String(key === pressed) }, words);
      button.addEventListener("click", () => picked(key));
      return { key, button };
    });
    const buttons = this.#buttons.map(({ button }) => button);
    this.root = html("div", { class: "segmented", role: "group", "aria-label": label }, ...buttons);
  }

  /** @param {K} pressed */
  press(pressed) {
    for (const { key, button } of this.#buttons) set(button, { "aria-pressed": String(key === pressed) });
  }
}

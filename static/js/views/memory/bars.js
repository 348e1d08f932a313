// Memory and start-up times as bars: Rss hollow, Pss solid, times solid; all rows of a list on one scale.
import { html, set, write } from "../../plot/svg.js";

/** @typedef {{ name: string, value: string, share: number, hollow?: boolean, parts?: number }} Row  `share` of the longest
 *   one; `parts`: a hollow bar is divided by the tasks that it counts */

export class Bars {
  root = html("div", { class: "memory-bars" });
  #title = html("p", { class: "memory-title" });
  #list = html("div", { class: "memory-rows" });
  #note = html("p", { class: "memory-note" });
  /** @type {{ row: HTMLElement, name: HTMLElement, bar: HTMLElement, value: HTMLElement }[]} */
  #rows = [];

  /** @param {string} title */
  constructor(title) {
    write(this.#title, title);
    this.root.append(this.#title, this.#list, this.#note);
  }

  /** @param {Row[]} rows @param {string} note */
  draw(rows, note) {
    this.root.hidden = rows.length === 0;
    while (this.#rows.length < rows.length) this.#add();
    this.#rows.forEach(({ row, name, bar, value }, at) => {
      const here = rows[at];
      row.hidden = !here;
      if (!here) return;
      write(name, here.name);
      write(value, here.value);
      set(bar, { class: here.hollow ? "memory-bar hollow" : "memory-bar" });
      bar.style.inlineSize = `${Math.max(0.5, 100 * here.share)}%`;
      const parts = here.parts ?? 1;
      bar.style.backgroundSize = parts > 1 ? `${100 / parts}% 100%` : "";
      set(bar, { "data-parts": parts > 1 ? parts : null });
    });
    write(this.#note, note);
    this.#note.hidden = !note;
  }

  #add() {
    const [name, bar, value] = [html("span", {}), html("span", {}), html("span", { class: "memory-value" })];
    const track = html("span", { class: "memory-track", "aria-hidden": "true" }, bar);
    const row = html("div", { class: "memory-row" }, name, track, value);
    this.#list.append(row);
    this.#rows.push({ row, name, bar, value });
  }
}

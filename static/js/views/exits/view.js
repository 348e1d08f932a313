// How processes end: one row each with its states, what its parent got, a shell's $?, and whether it said bye.

import { hatch } from "../../plot/hatch.js";
import { signalName } from "../../plot/signals.js";
import { html, set, write } from "../../plot/svg.js";
import { ExitLane } from "./lane.js";
import { endsOf } from "./read.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("./read.js").End} End */

const TICKS = 5;

/** One row; it is kept while its process is on screen, so that the focus stays. */
class Row {
  root = html("tr", {});
  #say;
  #labels;
  #name = html("button", { type: "button", class: "exits-name" });
  #lane = new ExitLane();
  #got = html("td", { class: "exits-got" });
  #dollar = html("td", { class: "exits-number" });
  #bye = html("td", { class: "exits-bye" });

  /** @param {number} task @param {import("../../types").Say} say @param {(intent: import("../../types").Intent) => void} ask
   * @param {import("../../types").Page} page */
  constructor(task, say, ask, page) {
    this.#say = say;
    this.#labels = page.labels;
    this.#name.addEventListener("click", () => ask({ do: "select", task }));
    const head = html("th", { scope: "row" }, this.#name);
    this.root.append(head, html("td", { class: "exits-time" }, this.#lane.root), this.#got, this.#dollar, this.#bye);
  }

  /** @param {Scene} scene @param {End} end @param {string} bye @param {boolean} first whether it opens the second group */
  draw(scene, end, bye, first) {
    const role = `lanes.role.${end.task.role}`;
    write(this.#name, role in this.#labels ? this.#say(role) : end.task.name);
    set(this.#name, { "aria-pressed": String(scene.selected === end.task.task) });
    set(this.root, {
      "data-selected": scene.selected === end.task.task,
      "data-first": first,
      "data-reaped": end.reaped,
    });
    this.#lane.draw(scene, end);
    write(this.#got, this.#parent(end));
    write(this.#dollar, end.dollar ?? "");
    write(this.#bye, end.said ? bye : end.ended ? "–" : "");
    set(this.#bye, { "data-said": end.said });
  }

  /** @param {End} end */
  #parent({ code, signal }) {
    if (signal !== null) return `SIG${signalName(signal)}`;
    return code === null ? "" : this.#say("exits.code", { code });
  }
}

class ExitsView {
  #say;
  #ask;
  #page;
  #empty;
  #ticks = html("div", { class: "exits-ticks", "data-plot": true });
  #body = html("tbody", {});
  #table;
  /** @type {Map<number, Row>} */
  #rows = new Map();
  #order = "";

  /** @param {Parameters<import("../../types").Create>} given */
  constructor(...[root, say, ask, page]) {
    this.#say = say;
    this.#ask = ask;
    this.#page = page;
    this.#empty = html("p", { class: "view-empty" }, say("lanes.empty"));
    const heads = [
      html("th", { scope: "col" }, say("exits.way")),
      html("th", { scope: "col", "aria-label": say("exits.time") }, this.#ticks),
      html("th", { scope: "col", class: "exits-got" }, say("exits.got")),
      html("th", { scope: "col", class: "exits-number" }, "$?"),
      html("th", { scope: "col", class: "exits-bye" }, page.drawn.exits?.bye ?? ""),
    ];
    const head = html("thead", {}, html("tr", {}, ...heads));
    this.#table = html("table", { class: "exits-table", "aria-label": say("exits.caption") }, head, this.#body);
    root.replaceChildren(this.#empty, hatch("exits-hatch"), this.#table);
  }

  /** @param {Scene} scene */
  draw(scene) {
    const bye = this.#page.drawn.exits?.bye ?? "";
    const ends = endsOf(scene.world, bye);
    this.#empty.hidden = ends.length > 0;
    this.#table.hidden = ends.length === 0;
    if (!ends.length) return;
    this.#arrange(ends);
    const decided = ends.every((end) => end.ended);
    const spoke = scene.last.output.some(({ text }) => bye !== "" && text.trim() === bye);
    set(this.#table, { "data-spoke": spoke });
    ends.forEach((end, i) => {
      const first = decided && i > 0 && ends[i - 1].said && !end.said;
      this.#rows.get(end.task.task)?.draw(scene, end, bye, first);
    });
    this.#axis(scene);
  }

  /** @param {End[]} ends */
  #arrange(ends) {
    const order = ends.map(({ task }) => task.task).join();
    if (order === this.#order) return;
    this.#order = order;
    const focused = document.activeElement;
    const rows = ends.map(({ task: { task } }) => {
      const row = this.#rows.get(task) ?? new Row(task, this.#say, this.#ask, this.#page);
      this.#rows.set(task, row);
      return row.root;
    });
    this.#body.replaceChildren(...rows);
    if (focused instanceof HTMLElement && this.#body.contains(focused)) focused.focus();
  }

  /** @param {Scene} scene */
  #axis({ scale, time, t_ns }) {
    const span = scale.to_ns - scale.from_ns;
    const marks = scale.ticks(TICKS).map(({ t_ns: at_ns }) => {
      const mark = html("span", {}, time(at_ns).replace(/\.0+(?=\D)/, ""));
      mark.style.insetInlineStart = `${(100 * (at_ns - scale.from_ns)) / span}%`;
      return mark;
    });
    set(this.#ticks, { "data-at": Math.round(t_ns) });
    this.#ticks.replaceChildren(...marks);
  }
}

/** @type {import("../../types").Create} */
export const create = (...given) => new ExitsView(...given);

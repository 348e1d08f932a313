// The words and figures of the rows of calls: names as buttons at the left, lane names, the caller's times at the right.
import { duration } from "../../engine/scale.js";
import { listenArrowKeys } from "../../plot/arrow_keys.js";
import { html, set, write } from "../../plot/svg.js";
import { labelOf, taskName, trialName } from "../../plot/words.js";
import { classifyCall, stateTotals } from "./read.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("../../engine/timeline.js").Timeline} Timeline */
/** @typedef {import("./layout.js").CallLayout} CallLayout */
/** @typedef {import("./layout.js").CallGroup} CallGroup */
/** @typedef {import("./read.js").Call} Call */
/** @typedef {{ row: HTMLElement, head: HTMLButtonElement, name: HTMLElement, code: HTMLElement, tag: HTMLElement,
 *   cells: HTMLElement[], lanes: HTMLElement[] }} Head */

const FIGURES = /** @type {const} */ (["cpu", "asleep", "late"]);
const LINE = 19; // pixels of a figure where they stand one below the other

export class CallHeads {
  root;
  #say;
  #labels;
  #picked;
  #titles;
  #list;
  /** By trial. @type {Map<number, Head>} */
  #heads = new Map();
  /** By trial. @type {Map<number, Call>} */
  #calls = new Map();

  /** @param {import("../../types").Say} say @param {import("../../types").Page} page @param {(call: Call) => void} picked */
  constructor(say, page, picked) {
    this.#say = say;
    this.#labels = page.labels;
    this.#picked = picked;
    const title = { class: "calls-title", "aria-hidden": "true" };
    this.#titles = FIGURES.map((key) => html("span", title, say(`calls.${key}`)));
    this.#list = html("ul", { class: "calls-list", "aria-label": say("calls.list") });
    this.root = html("div", { class: "calls-heads" }, ...this.#titles, this.#list);
    listenArrowKeys(this.#list);
  }

  /** @param {CallLayout} layout @param {Timeline} timeline @param {Scene} scene */
  draw(layout, timeline, scene) {
    this.root.classList.toggle("narrow", layout.narrow);
    this.root.classList.toggle("tight", layout.tight);
    this.#placeTitles(layout);
    this.#calls = new Map(layout.groups.map(({ call }) => [call.trial.trial, call]));
    for (const [trial, { row }] of this.#heads) {
      if (this.#calls.has(trial)) continue;
      row.remove();
      this.#heads.delete(trial);
    }
    for (const [at, group] of layout.groups.entries()) {
      const { trial } = group.call.trial;
      const head = this.#heads.get(trial) ?? this.#build(trial);
      const there = this.#list.children[at]; // Tab goes through the rows as they stand
      if (there !== head.row) this.#list.insertBefore(head.row, there);
      set(head.head, { "aria-pressed": String(group.call.caller === scene.selected) });
      this.#writeHead(head, group.call, scene, layout.narrow);
      placeHead(head, layout, group);
      placeCells(head, layout, group);
      this.#nameLanes(head, layout, group, timeline);
    }
  }

  /** @param {CallLayout} layout */
  #placeTitles({ columns, left, clock, column, axis }) {
    this.#titles.forEach((title, i) => {
      title.hidden = i >= columns;
      const x = left + clock.width + 8 + i * column;
      Object.assign(title.style, { left: `${x}px`, width: `${column - 4}px`, lineHeight: `${axis}px` });
    });
  }

  /** @param {number} trial @returns {Head} */
  #build(trial) {
    const [name, code, tag] = ["calls-name", "calls-code", "calls-tag"].map((kind) => html("span", { class: kind }));
    const head = html("button", { type: "button", class: "calls-head" }, name, " ", code, " ", tag);
    head.addEventListener("click", () => {
      const call = this.#calls.get(trial);
      if (call) this.#picked(call);
    });
    const cells = FIGURES.map((key) => html("span", { class: `calls-cell ${key}` }));
    const row = html("li", {}, head, ...cells);
    this.#list.append(row);
    const made = { row, head, name, code, tag, cells, lanes: [] };
    this.#heads.set(trial, made);
    return made;
  }

  /** @param {Head} head @param {CallLayout} layout @param {CallGroup} group @param {Timeline} timeline */
  #nameLanes({ lanes, row }, layout, group, timeline) {
    const named = group.rows.map(({ y, height, task }) => ({
      y,
      height,
      text: this.#laneName(group.call, task, timeline),
    }));
    if (group.guess) named.push({ ...group.guess, text: this.#say("lanes.guess") });
    while (lanes.length < named.length) {
      const lane = html("span", { class: "calls-lane", "aria-hidden": "true" });
      lanes.push(lane);
      row.append(lane);
    }
    const inside = layout.narrow;
    const place = inside
      ? { left: `${layout.left + 2}px`, width: "auto" }
      : { left: "0", width: `${layout.left - 8}px` };
    lanes.forEach((lane, i) => {
      lane.hidden = i >= named.length || (inside && !group.focus);
      if (i >= named.length) return;
      const { y, height, text } = named[i];
      write(lane, text);
      lane.classList.toggle("inside", inside);
      Object.assign(lane.style, { top: `${y}px`, lineHeight: `${height}px`, ...place });
    });
  }

  /** @param {Call} call @param {number | null} task @param {Timeline} timeline */
  #laneName({ caller, worker }, task, timeline) {
    if (task === caller) return this.#say("lanes.role.caller");
    return task === worker ? this.#say("lanes.role.worker") : taskName(timeline, Number(task), this.#say);
  }

  /** @param {Head} head @param {Call} call @param {Scene} scene @param {boolean} narrow */
  #writeHead({ name, code, tag, cells }, call, scene, narrow) {
    const say = this.#say;
    const { running_ns, asleep_ns, wall_ns, reason } = stateTotals(scene.tracks, call);
    write(name, trialName(call.trial, this.#labels, say));
    write(code, labelOf(this.#labels, say, "call", call.calls[0].style));
    write(tag, call.over ? this.#tag(call, scene, reason) : "…");
    const late_ns = call.computed_ns === null || !call.over ? null : Math.max(0, call.end_ns - call.computed_ns);
    const texts = [shortDuration(running_ns), shortDuration(asleep_ns), late_ns === null ? "" : duration(late_ns)];
    cells.forEach((cell, i) => {
      const spoken = say(`calls.${FIGURES[i]}_of`, { time: texts[i] });
      write(cell, narrow ? spoken : texts[i]);
      set(cell, { "aria-label": narrow ? null : spoken, role: narrow ? null : "img" });
    });
    set(cells[0], { "data-much": running_ns > wall_ns / 2 });
    set(cells[1], { "data-much": asleep_ns > wall_ns / 2 });
  }

  /** What kind of call it was, and how its caller's thread spent the time. @param {Call} call @param {Scene} scene
   * @param {string | null} reason */
  #tag(call, { tracks }, reason) {
    const say = this.#say;
    const { axis, doing } = classifyCall(call, stateTotals(tracks, call));
    if (axis === "refused") return say("calls.refused"); // the guess stands among the answers: here it would be cut
    return say(`calls.${axis}.${doing}`, { reason: say(`waits.${reason ?? "other"}`) });
  }
}

/** @param {number} ns */
const shortDuration = (ns) => (ns < 1 ? "0" : duration(ns));

/** @param {Head} head @param {CallLayout} layout @param {CallGroup} group */
function placeHead({ head, row }, layout, group) {
  const width = layout.narrow ? layout.width - 4 : layout.left - layout.labels - 6;
  const helper = group.rows[2]; // helper threads have long names, below the words of the call
  const tall = helper ? helper.y - 2 - group.y : group.height;
  const height = layout.narrow ? group.head : tall;
  Object.assign(head.style, { top: `${group.y}px`, width: `${width}px`, height: `${height}px` });
  set(row, { "data-focus": group.focus });
}

/** @param {Head} head @param {CallLayout} layout @param {CallGroup} group */
function placeCells({ cells }, { narrow, columns, column, left, clock, size }, group) {
  const { y, height } = group.rows[0];
  cells.forEach((cell, i) => {
    cell.hidden = narrow ? i === 2 : i >= columns;
    const x = left + clock.width + 8 + i * column;
    const line = LINE * size;
    const below = { top: `${group.y + 2 + i * line}px`, left: "auto", width: "auto", lineHeight: `${line}px` };
    const beside = { top: `${y}px`, left: `${x}px`, width: `${column - 4}px`, lineHeight: `${height}px` };
    Object.assign(cell.style, narrow ? below : beside);
  });
}

// @ts-check
// The words and figures of the rows of calls: names as buttons at the left, lane names, the caller's times at the right.
import { duration } from "../../engine/scale.js";
import { html, set, write } from "../../plot/svg.js";
import { axesOf, sumsOf } from "./read.js";
import { nameOf, trialName, word } from "../../plot/words.js";

/** @typedef {import("./layout.js").CallLayout} CallLayout */
/** @typedef {import("./layout.js").CallGroup} CallGroup */
/** @typedef {import("./read.js").Call} Call */
/** @typedef {{ row: HTMLElement, head: HTMLButtonElement, name: HTMLElement, code: HTMLElement, tag: HTMLElement,
 *   cells: HTMLElement[], lanes: HTMLElement[] }} Shown */

/** @param {number} ns */
const length = (ns) => (ns < 1 ? "0" : duration(ns));

const FIGURES = /** @type {const} */ (["cpu", "asleep", "late"]);

/** @param {import("../../types").Say} say @param {import("../../types").Page} page @param {(call: Call) => void} picked */
export function createHeads(say, page, picked) {
  const titles = FIGURES.map((key) => html("span", { class: "calls-title", "aria-hidden": "true" }, say(`calls.${key}`)));
  const list = html("ul", { class: "calls-list", "aria-label": say("calls.list") });
  const root = html("div", { class: "calls-heads" }, ...titles, list);
  /** @type {Map<number, Shown>} */
  const shown = new Map();
  /** @type {Map<number, Call>} */
  const calls = new Map();

  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const buttons = [...list.querySelectorAll("button")];
    const next = step && buttons[buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement)) + step];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    next.focus();
  });

  /** @param {number} trial */
  function build(trial) {
    const [name, code, tag] = ["calls-name", "calls-code", "calls-tag"].map((kind) => html("span", { class: kind }));
    const head = html("button", { type: "button", class: "calls-head" }, name, " ", code, " ", tag);
    head.addEventListener("click", () => { const call = calls.get(trial); if (call) picked(call); });
    const cells = FIGURES.map((key) => html("span", { class: `calls-cell ${key}` }));
    const row = html("li", {}, head, ...cells);
    list.append(row);
    /** @type {Shown} */
    const one = { row, head, name, code, tag, cells, lanes: [] };
    shown.set(trial, one);
    return one;
  }

  /** @param {Shown} one @param {CallLayout} layout @param {CallGroup} group */
  function placeHead(one, layout, group) {
    const wide = layout.narrow ? layout.width - 4 : layout.left - layout.labels - 6;
    const helper = group.rows[2];    // helper threads have long names, below the words of the call
    const tall = layout.narrow ? group.head : helper ? helper.y - 2 - group.y : group.height;
    Object.assign(one.head.style, { top: `${group.y}px`, width: `${wide}px`, height: `${tall}px` });
    set(one.row, { "data-focus": group.focus });
    const caller = group.rows[0];
    one.cells.forEach((cell, i) => {
      cell.hidden = layout.narrow ? i === 2 : i >= layout.columns;
      const x = layout.left + layout.clock.width + 8 + i * layout.column;
      Object.assign(cell.style, layout.narrow
        ? { top: `${group.y + 2 + i * 19 * layout.size}px`, left: "auto", width: "auto", lineHeight: `${19 * layout.size}px` }
        : { top: `${caller.y}px`, left: `${x}px`, width: `${layout.column - 4}px`, lineHeight: `${caller.height}px` });
    });
  }

  /** @param {Shown} one @param {CallLayout} layout @param {CallGroup} group @param {import("../../engine/cast.js").Cast} cast */
  function nameLanes(one, layout, group, cast) {
    const named = group.rows.map((row) => ({ y: row.y, height: row.height, text: laneName(group, Number(row.task), cast) }));
    if (group.guess) named.push({ ...group.guess, text: say("lanes.guess") });
    while (one.lanes.length < named.length) {
      const lane = html("span", { class: "calls-lane", "aria-hidden": "true" });
      one.lanes.push(lane);
      one.row.append(lane);
    }
    one.lanes.forEach((lane, i) => {
      lane.hidden = i >= named.length || (layout.narrow && !group.focus);
      if (i >= named.length) return;
      write(lane, named[i].text);
      lane.classList.toggle("inside", layout.narrow);
      Object.assign(lane.style, { top: `${named[i].y}px`, lineHeight: `${named[i].height}px`,
        left: layout.narrow ? `${layout.left + 2}px` : "0", width: layout.narrow ? "auto" : `${layout.left - 8}px` });
    });
  }

  /** @param {CallGroup} group @param {number} task @param {import("../../engine/cast.js").Cast} cast */
  function laneName({ call }, task, cast) {
    if (task === call.caller) return say("lanes.role.caller");
    return task === call.worker ? say("lanes.role.worker") : nameOf(cast, task, say);
  }

  /** @param {Shown} one @param {CallGroup} group @param {import("../../types").Scene} scene @param {boolean} narrow */
  function fill(one, { call }, scene, narrow) {
    const sums = sumsOf(scene.tracks, call);
    const { axis, doing } = axesOf(call, sums);
    const reason = sums.reason ? say(`waits.${sums.reason}`) : say("waits.other");
    write(one.name, trialName(call.trial, page.labels, say));
    write(one.code, word(page.labels, say, "call", call.calls[0].style));
    const guess = scene.guess === null ? "" : ` · ${say("lanes.guess_of", { guess: word(page.labels, say, "guess", scene.guess) })}`;
    const tag = axis === "refused" ? `${say("calls.refused")}${guess}` : say(`calls.${axis}.${doing}`, { reason });
    write(one.tag, call.over ? tag : "…");
    const late = call.computed_ns === null || !call.over ? "" : duration(Math.max(0, call.end_ns - call.computed_ns));
    const texts = [length(sums.running_ns), length(sums.asleep_ns), late];
    one.cells.forEach((cell, i) => {
      write(cell, narrow ? say(`calls.${FIGURES[i]}_of`, { time: texts[i] }) : texts[i]);
      set(cell, { "aria-label": narrow ? null : say(`calls.${FIGURES[i]}_of`, { time: texts[i] }), role: narrow ? null : "img" });
    });
    set(one.cells[0], { "data-much": sums.running_ns > sums.wall_ns / 2 });
    set(one.cells[1], { "data-much": sums.asleep_ns > sums.wall_ns / 2 });
  }

  return {
    root,
    /** @param {CallLayout} layout @param {import("../../engine/cast.js").Cast} cast @param {import("../../types").Scene} scene */
    draw(layout, cast, scene) {
      root.classList.toggle("narrow", layout.narrow);
      root.classList.toggle("tight", layout.tight);
      titles.forEach((title, i) => {
        title.hidden = i >= layout.columns;
        Object.assign(title.style, { left: `${layout.left + layout.clock.width + 8 + i * layout.column}px`,
          width: `${layout.column - 4}px`, lineHeight: `${layout.axis}px` });
      });
      const here = new Set(layout.groups.map((group) => group.call.trial.trial));
      for (const [trial, one] of shown) {
        if (here.has(trial)) continue;
        one.row.remove();
        shown.delete(trial);
      }
      for (const group of layout.groups) {
        const { trial } = group.call.trial;
        calls.set(trial, group.call);
        const one = shown.get(trial) ?? build(trial);
        set(one.head, { "aria-pressed": String(scene.selected !== null && group.call.caller === scene.selected) });
        fill(one, group, scene, layout.narrow);
        placeHead(one, layout, group);
        nameLanes(one, layout, group, cast);
      }
    },
  };
}

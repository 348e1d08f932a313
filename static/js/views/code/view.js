// Lights the line of the shown source where a task says it is; the server drew the source, tasks told their steps.
import { html, write } from "../../plot/svg.js";

/** @typedef {import("../../types").Task} Task */

/** The task whose line is lit: the selected one, else the first alive that told a line of the shown source.
 * @param {Iterable<Task>} tasks @param {number | null} selected @param {Set<string>} symbols @param {number | null} trial
 * @returns {Task | null} */
export function speaker(tasks, selected, symbols, trial) {
  const told = [...tasks].filter((one) => one.step?.line != null && symbols.has(one.step.code ?? ""));
  const chosen = told.find((one) => one.task === selected);
  if (chosen) return chosen;
  return told.find((one) => one.state !== "zombie" && !one.reaped && (trial == null || one.trial === trial)) ?? null;
}

/** The functions a trial's tasks have told of: where every trial runs another one, only those are worth showing. Where
 * nobody is alive to tell, between two trials, those of the one before.
 * @param {Iterable<Task>} tasks @param {Task | null} who @param {Set<string>} symbols @returns {Set<string>} */
export function spoken(tasks, who, symbols) {
  const told = [...tasks].filter((one) => symbols.has(one.step?.code ?? ""));
  const trial = (who ?? told.at(-1))?.trial;
  return new Set(told.filter((one) => one.trial === trial).map((one) => one.step?.code ?? ""));
}

/** Every shown line by "symbol:line", also those that the text beside the picture shows once more. */
function findLines() {
  /** @type {Map<string, HTMLElement[]>} */
  const lines = new Map();
  for (const block of document.querySelectorAll("[data-symbol]")) {
    for (const [above, line] of block.querySelectorAll(".line").entries()) {
      const element = /** @type {HTMLElement} */ (line);
      const key = `${/** @type {HTMLElement} */ (block).dataset.symbol}:${above + 1}`;
      lines.set(key, [...(lines.get(key) ?? []), element]);
    }
  }
  return lines;
}

/** @param {HTMLElement[]} lines @param {boolean} now */
function light(lines, now) {
  for (const line of lines) {
    line.classList.toggle("now", now);
    if (now) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
  }
}

/** @type {import("../../types").Create} */
export function create(root, say, _ask, page) {
  const lines = findLines();
  const blocks = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-symbol]")]);
  const symbols = new Set(blocks.map((block) => block.dataset.symbol ?? ""));
  const note = html("p", { class: "code-at" });
  root.append(note);
  /** @type {HTMLElement[]} */
  let lit = [];
  const narrowed = page.views.includes("calls"); // one function a call: the others would push it out of sight

  /** @param {Iterable<Task>} tasks @param {Task | null} who */
  function narrow(tasks, who) {
    const wanted = spoken(tasks, who, symbols);
    for (const block of blocks) block.hidden = wanted.size > 0 && !wanted.has(block.dataset.symbol ?? "");
  }

  return {
    draw({ world, selected }) {
      const who = speaker(world.tasks.values(), selected, symbols, world.trial);
      const now = (who?.step && lines.get(`${who.step.code}:${who.step.line}`)) || [];
      write(note, who && now.length ? say("code.at", { name: who.name, line: who.step?.line ?? 0 }) : say("code.none"));
      if (narrowed) narrow(world.tasks.values(), who);
      if (now === lit || (!now.length && !lit.length)) return;
      light(lit, false);
      light(now, true);
      lit = now;
    },
    destroy() {
      light(lit, false);
      for (const block of blocks) block.hidden = false;
      note.remove();
    },
  };
}

// @ts-check
// Lights the line of the shown source where a task says it is; the server drew the source, tasks told their steps.
import { html, write } from "../svg.js";

/** @typedef {import("../types").Task} Task */

/** The task whose line is lit: the selected one, else the first alive that told a line of the shown source.
 * @param {Iterable<Task>} tasks @param {number | null} selected @param {Set<string>} symbols @param {number | null} trial
 * @returns {Task | null} */
export function speaker(tasks, selected, symbols, trial) {
  const told = [...tasks].filter((one) => one.step?.line != null && symbols.has(one.step.code ?? ""));
  const chosen = told.find((one) => one.task === selected);
  if (chosen) return chosen;
  return told.find((one) => one.state !== "zombie" && !one.reaped && (trial == null || one.trial === trial)) ?? null;
}

/** @type {import("../types").Create} */
export function create(root, say) {
  /** @type {Map<string, HTMLElement>} */
  const lines = new Map();
  /** @type {Set<string>} */
  const symbols = new Set();
  for (const block of root.querySelectorAll("[data-symbol]")) {
    const symbol = /** @type {HTMLElement} */ (block).dataset["symbol"] ?? "";
    symbols.add(symbol);
    for (const line of block.querySelectorAll("[data-line]")) {
      const element = /** @type {HTMLElement} */ (line);
      lines.set(`${symbol}:${element.dataset["line"]}`, element);
    }
  }
  const note = html("p", { class: "code-at" });
  root.append(note);
  /** @type {HTMLElement | null} */
  let lit = null;

  return {
    draw({ world, selected }) {
      const who = speaker(world.tasks.values(), selected, symbols, world.trial);
      const line = who?.step ? lines.get(`${who.step.code}:${who.step.line}`) ?? null : null;
      write(note, who && line ? say("code.at", { name: who.name, line: who.step?.line ?? 0 }) : say("code.none"));
      if (line === lit) return;
      lit?.classList.remove("now");
      lit?.removeAttribute("aria-current");
      line?.classList.add("now");
      line?.setAttribute("aria-current", "true");
      lit = line;
    },
    destroy() {
      lit?.classList.remove("now");
      note.remove();
    },
  };
}

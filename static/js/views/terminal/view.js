// What the pipeline has printed up to the playhead, as on a terminal: the command, then its lines, the pattern marked.
import { html, write } from "../../plot/svg.js";
import { pipeAt } from "../pipe/read.js";

/** @typedef {import("../../types").Drawn} Drawn */

/** The command as a shell would be given it: its words, without those that other parameters call for.
 * @param {Drawn} drawn @param {Record<string, unknown>} params */
export function commandOf({ command = [] }, params) {
  const words = command.filter(([, param, value]) => param == null || params[param] === value);
  return ["$", ...words.map(([word]) => word)].join(" ");
}

/** A line cut at every place where the pattern stands; odd parts are the pattern. @param {string} line
 * @param {string} pattern */
export const parts = (line, pattern) =>
  pattern ? line.split(pattern).flatMap((part, i) => (i ? [pattern, part] : [part])) : [line];

class TerminalView {
  #drawn;
  #params;
  #command = html("p", { class: "terminal-command" });
  #lines = html("pre", { class: "terminal-lines" });
  #screen;
  #shown = "";

  /** @param {Parameters<import("../../types").Create>} given */
  constructor(...[root, say, , page]) {
    this.#drawn = page.drawn;
    this.#params = page.params;
    const region = { class: "terminal-screen", tabindex: 0, role: "region", "aria-label": say("terminal.label") };
    this.#screen = html("div", region, this.#command, this.#lines);
    root.replaceChildren(this.#screen);
  }

  /** @param {import("../../types").Scene} scene */
  draw(scene) {
    const { pipeline, printed } = pipeAt(scene, 0, this.#drawn);
    write(this.#command, commandOf(this.#drawn, pipeline?.trial.params ?? this.#params));
    this.#command.hidden = !this.#drawn.command; // a real terminal has its prompt from the shell
    this.#print(printed);
  }

  /** @param {string} text */
  #print(text) {
    if (text === this.#shown) return;
    const more = text.startsWith(this.#shown) ? text.slice(this.#shown.length) : text;
    if (more === text) this.#lines.replaceChildren();
    this.#shown = text;
    for (const line of more.split(/(?<=\n)/)) {
      const cut = parts(line, this.#drawn.pattern ?? "");
      this.#lines.append(...cut.map((part, i) => (i % 2 ? html("b", {}, part) : part)));
    }
    this.#screen.scrollTop = this.#screen.scrollHeight;
  }
}

/** @type {import("../../types").Create} */
export const create = (...given) => new TerminalView(...given);

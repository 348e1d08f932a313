// The same intervals by core: one lane a CPU with the names of who ran there, and who sits there now, in words.
import { Board } from "../../plot/board.js";
import { html, write } from "../../plot/svg.js";

/** @typedef {import("../../types").Scene} Scene */

class CoresView {
  #say;
  #board;
  #seats = html("ul", { class: "seats" });
  /** @type {HTMLElement[]} */
  #items = [];
  #empty;

  /** @param {Parameters<import("../../types").Create>} given */
  constructor(...[root, say, ask, page]) {
    this.#say = say;
    this.#board = new Board({ say, ask, page, mode: () => "core" });
    this.#empty = html("p", { class: "view-empty" }, say("lanes.empty"));
    root.replaceChildren(this.#seats, this.#empty, this.#board.root);
  }

  /** @param {Scene} scene */
  draw(scene) {
    this.#board.draw(scene);
    const rows = this.#board.plot.layout?.rows.length ?? 0;
    this.#empty.hidden = rows > 0;
    this.#seats.hidden = rows === 0;
    if (rows) this.#seat(scene);
  }

  /** @param {Scene} scene */
  #seat({ world }) {
    const cpus = world.run?.cpus ?? [];
    if (cpus.length !== this.#items.length) {
      this.#items = cpus.map(() => html("li"));
      this.#seats.replaceChildren(...this.#items);
    }
    cpus.forEach((cpu, i) => {
      const task = world.cores.get(cpu);
      const name = task === undefined ? undefined : world.tasks.get(task)?.name;
      this.#items[i].classList.toggle("busy", name !== undefined);
      write(
        this.#items[i],
        name === undefined ? this.#say("cores.free", { cpu }) : this.#say("cores.seat", { cpu, name }),
      );
    });
  }

  destroy() {
    this.#board.plot.destroy();
  }
}

/** @type {import("../../types").Create} */
export const create = (...given) => new CoresView(...given);

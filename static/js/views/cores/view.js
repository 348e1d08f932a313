// The same intervals by core: one lane a CPU with the names of who ran there, and who sits there now, in words.
import { foreignCpuTime } from "../../engine/contention.js";
import { timelineOf } from "../../engine/timeline.js";
import { LanesChart } from "../../plot/lanes_chart.js";
import { html, write } from "../../plot/svg.js";

/** @typedef {import("../../types").Scene} Scene */

class CoresView {
  #say;
  #chart;
  #seats = html("ul", { class: "seats" });
  /** @type {HTMLElement[]} */
  #items = [];
  #empty;

  /** @param {Parameters<import("../../types").Create>} given */
  constructor(...[root, say, ask, page]) {
    this.#say = say;
    this.#chart = new LanesChart({ say, ask, page, mode: () => "core" });
    this.#empty = html("p", { class: "view-empty" }, say("lanes.empty"));
    const key = html("i", { class: "swatch others", "aria-hidden": "true" });
    const legend = html("ul", { class: "legend" }, html("li", {}, key, html("span", {}, say("legend.others"))));
    root.replaceChildren(this.#seats, this.#empty, this.#chart.root, legend);
  }

  /** @param {Scene} scene */
  draw(scene) {
    this.#chart.draw(scene);
    const rows = this.#chart.plot.layout?.rows.length ?? 0;
    this.#empty.hidden = rows > 0;
    this.#seats.hidden = rows === 0;
    if (rows) this.#seat(scene);
  }

  /** @param {Scene} scene */
  #seat({ world, tracks, version, t_ns }) {
    const cpus = world.run?.cpus ?? [];
    if (cpus.length !== this.#items.length) {
      this.#items = cpus.map(() => html("li"));
      this.#seats.replaceChildren(...this.#items);
    }
    const foreign = foreignCpuTime(tracks, timelineOf(tracks, version), t_ns, t_ns + 1);
    cpus.forEach((cpu, i) => {
      const task = world.cores.get(cpu);
      const name = task === undefined ? undefined : world.tasks.get(task)?.name;
      const other = name === undefined && foreign.some((each) => each.cpu === cpu);
      this.#items[i].classList.toggle("busy", name !== undefined);
      this.#items[i].classList.toggle("others", other);
      write(
        this.#items[i],
        this.#say(other ? "cores.others" : name ? "cores.seat" : "cores.free", { cpu, name: name ?? "" }),
      );
    });
  }

  destroy() {
    this.#chart.plot.destroy();
  }
}

/** @type {import("../../types").Create} */
export const create = (...given) => new CoresView(...given);

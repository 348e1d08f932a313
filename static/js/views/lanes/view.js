// The lanes: one a task or one a core, on one clock, with a line that says what is under the playhead. A shell: what draws
// them is plot/ (lanes_chart, draw, rows, paint).
import { timelineOf } from "../../engine/timeline.js";
import { LanesChart, taskOnCore } from "../../plot/lanes_chart.js";
import { groupAt } from "../../plot/layout.js";
import { createLegend } from "../../plot/legend.js";
import { Segmented } from "../../plot/segmented.js";
import { html, write } from "../../plot/svg.js";
import { readout } from "../../plot/words.js";

/** @typedef {import("../../types").Scene} Scene */

const MODES = /** @type {const} */ (["task", "core"]);

class LanesView {
  /** @type {"task" | "core"} */
  #mode = "task"; // as the scene says; the page's address keeps it
  /** @type {Scene | null} */
  #scene = null;
  #position = 0; // in the log, of the interval that the readout tells of
  #say;
  #chart;
  #readout = html("p", { class: "lanes-readout" });
  #record;
  #toggle;
  #bar;
  #empty;
  #legend;

  /** @param {Parameters<import("../../types").Create>} given */
  constructor(...[root, say, ask, page]) {
    this.#say = say;
    const pointed = () => this.#scene && this.#read(this.#scene);
    this.#chart = new LanesChart({ say, ask, page, mode: () => this.#mode, pointed });
    this.#record = html("button", { type: "button", class: "lanes-record", hidden: true }, say("lanes.evidence"));
    this.#record.addEventListener("click", () => ask({ do: "evidence", position: this.#position }));
    const choices = MODES.map((mode) => /** @type {const} */ ([mode, say(`lanes.by_${mode}`)]));
    this.#toggle = new Segmented(say("lanes.group"), choices, this.#mode, (lanes) => ask({ do: "group", lanes }));
    this.#bar = html("div", { class: "lanes-bar" }, this.#readout, this.#record, this.#toggle.root);
    this.#empty = html("p", { class: "view-empty" }, say("lanes.empty"));
    this.#legend = createLegend(say);
    root.replaceChildren(this.#bar, this.#empty, this.#chart.root, this.#legend.root);
  }

  /** @param {Scene} scene */
  draw(scene) {
    this.#scene = scene;
    this.#switchTo(scene.lanes ?? "task");
    this.#chart.draw(scene);
    const rows = this.#chart.plot.layout?.rows.length ?? 0;
    this.#empty.hidden = rows > 0;
    this.#bar.hidden = rows === 0;
    this.#legend.root.hidden = rows === 0 || this.#mode === "core";
    if (!rows) return;
    if (this.#mode === "core") this.#seat(scene);
    this.#legend.draw(scene);
    this.#read(scene);
  }

  /** @param {"task" | "core"} mode */
  #switchTo(mode) {
    if (mode === this.#mode) return;
    this.#mode = mode;
    this.#toggle.press(mode);
  }

  /** The task and instant the line speaks of, and the zero it counts from: under the pointer, else the selected task (or
   * the first of this trial that is alive) at the playhead. @param {Scene} scene */
  #subject(scene) {
    const { hover, layout } = this.#chart.plot;
    if (hover) {
      const task = hover.row.task ?? taskOnCore(scene, hover.row, hover.t_ns);
      return { task, t_ns: hover.t_ns, zero_ns: hover.row.group.zero_ns };
    }
    const { tracks, t_ns, selected } = scene;
    const home = layout && groupAt(layout, t_ns);
    const tasks = (home?.rows ?? []).flatMap((row) => row.task ?? []);
    const alive = tasks.find((task) => ![undefined, "zombie"].includes(tracks.at(task, t_ns)?.state));
    return { task: selected ?? alive ?? tasks[0] ?? tracks.tasks()[0], t_ns, zero_ns: home?.zero_ns ?? 0 };
  }

  /** @param {Scene} scene */
  #read(scene) {
    const { task, t_ns, zero_ns } = this.#subject(scene);
    if (task === undefined) return write(this.#readout, "");
    const { tracks, version } = scene;
    const { interval, text } = readout(this.#say, timelineOf(tracks, version), tracks, task, t_ns, zero_ns);
    write(this.#readout, text);
    this.#record.hidden = !interval;
    this.#position = interval?.position ?? 0;
  }

  /** @param {Scene} scene */
  #seat({ world }) {
    const { layout } = this.#chart.plot;
    if (!layout) return;
    this.#chart.names.setOccupants(layout, ({ cpu, group }) => {
      const task = world.cores.get(cpu ?? -1);
      const here = !group.trial || group.trial.trial === world.trial;
      return task && here ? (world.tasks.get(task)?.name ?? "") : "–";
    });
  }

  /** The window that trials side by side show, where it is not the scene's. */
  shown() {
    return this.#scene && this.#chart.shown(this.#scene.t_ns);
  }

  destroy() {
    this.#chart.plot.destroy();
  }
}

/** @type {import("../../types").Create} */
export const create = (...given) => new LanesView(...given);

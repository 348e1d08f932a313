// Lanes by task or by core with their names beside them; what is under the playhead is said elsewhere.
import { timelineOf } from "../engine/timeline.js";
import { drawBase } from "./draw.js";
import { groupAt, layoutLanes, rowAt } from "./layout.js";
import { guessMs } from "./marks.js";
import { LaneNames } from "./names.js";
import { paintBracket, paintOverview } from "./overview.js";
import { LanesPlot } from "./plot.js";
import { set } from "./svg.js";
import { labelOf, taskName } from "./words.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("../types").Say} Say */
/** @typedef {import("../types").Page} Page */
/** @typedef {import("./layout.js").Layout} Layout */
/** @typedef {import("./layout.js").Row} Row */
/** @typedef {(intent: import("../types").Intent) => void} Ask */
/**
 * @typedef {{ say: Say, ask: Ask, page: Page, mode: () => "task" | "core", pointed?: () => void }} Wanted
 */

export class LanesChart {
  names;
  plot;
  #say;
  #ask;
  #page;
  #mode;
  /** @type {number | null} */
  #selected = null;

  /** @param {Wanted} wanted */
  constructor({ say, ask, page, mode, pointed }) {
    this.#say = say;
    this.#ask = ask;
    this.#page = page;
    this.#mode = mode;
    this.names = new LaneNames(say, page, (task) => ask({ do: "select", task: this.#selected === task ? null : task }));
    /** @type {import("./plot.js").Content<Layout>} */
    const content = {
      label: say("lanes.group"),
      kind: "lanes-plot",
      beside: this.names.root,
      state: mode,
      layOut: (scene, room) => this.#layOut(scene, room),
      arrange: (layout, scene) => this.names.draw(layout, timelineOf(scene.tracks, scene.version), scene),
      paint: (...given) => this.#paint(...given),
      click: (...given) => this.#click(...given),
      pointed,
    };
    this.plot = new LanesPlot(content, ask);
  }

  get root() {
    return this.plot.root;
  }

  /** @param {Scene} scene */
  draw(scene) {
    this.#selected = scene.selected;
    this.plot.draw(scene);
  }

  /** @param {Scene} scene @param {import("./plot.js").PlotSize} room */
  #layOut({ tracks, version, scale, end_ns, projector, only, measured, veiled }, room) {
    const { from_ns, to_ns } = scale;
    return layoutLanes({
      timeline: timelineOf(tracks, version),
      mode: this.#mode(),
      ...room,
      ...{ from_ns, to_ns, end_ns, only, few: projector, aside: this.#page.drawn.aside },
      ...{ veiled, measured: Boolean(measured) },
    });
  }

  /** @param {HTMLCanvasElement} canvas @param {import("./theme.js").Theme} theme @param {Layout} layout @param {Scene} scene */
  #paint(canvas, theme, layout, scene) {
    const timeline = timelineOf(scene.tracks, scene.version);
    const summary = this.#mode() === "core" ? "cores.summary" : "lanes.summary";
    const length = `${(scene.end_ns / 1e6).toFixed(0)} ms`;
    const slots = { tasks: timeline.tasks.size, cores: timeline.cpus.length, length };
    set(canvas, { role: "img", "aria-label": this.#say(summary, slots) });
    const guess = scene.guess && this.#page.drawn.guess !== false ? this.#guessText(scene.guess) : "";
    const pen = drawBase(canvas, theme, scene, layout, this.#say, { guess, arrows: this.#page.drawn.arrows });
    if (layout.top) {
      const place = guessMs(timeline, layout.groups[0].trial?.trial, scene.guess ?? "");
      const guess_ns = guess && place !== undefined ? place * 1e6 : null;
      paintOverview(pen, layout, scene, { whole: this.#say("lanes.whole"), guess, guess_ns });
    }
    if (scene.measured) paintBracket(pen, layout, scene.measured, (task) => taskName(timeline, task ?? 0, this.#say));
  }

  /** @param {string} guess */
  #guessText(guess) {
    const { labels } = this.#page;
    if (!(`guess.${guess}` in labels)) return this.#say("lanes.guess");
    return this.#say("lanes.guess_of", { guess: labelOf(labels, this.#say, "guess", guess) });
  }

  /** @param {number} x @param {number} y @param {Layout} layout @param {Scene} scene */
  #click(x, y, layout, scene) {
    const row = rowAt(layout, y);
    if (!row) return;
    const t_ns = Math.round(Math.min(Math.max(row.group.scale.t(x - layout.left), 0), scene.end_ns));
    const task = row.task ?? taskOnCore(scene, row, t_ns);
    if (task != null && task !== scene.selected) this.#ask({ do: "select", task });
    if (x >= layout.left) this.#ask({ do: "seek", t_ns });
  }

  /** What a layout of trials shows, in the trial of an instant. @param {number} t_ns */
  shown(t_ns) {
    const { layout } = this.plot;
    if (!layout?.relative) return null;
    const zero_ns = groupAt(layout, t_ns)?.zero_ns ?? 0;
    return { from_ns: layout.clock.from_ns + zero_ns, to_ns: layout.clock.to_ns + zero_ns };
  }
}

/** Who ran on the core of a row. @param {Scene} scene @param {Row} row @param {number} t_ns */
export function taskOnCore({ tracks }, row, t_ns) {
  return tracks.tasks().find((task) => {
    const interval = tracks.at(task, t_ns);
    return interval?.state === "running" && interval.cpu === row.cpu;
  });
}

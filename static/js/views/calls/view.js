// Calls: one row a call on one clock, its caller, worker and helper threads, and what the caller's thread did meanwhile.

import { duration } from "../../engine/scale.js";
import { timelineOf } from "../../engine/timeline.js";
import { drawBase } from "../../plot/draw.js";
import { groupAt, rowAt } from "../../plot/layout.js";
import { createLegend } from "../../plot/legend.js";
import { LanesPlot } from "../../plot/plot.js";
import { html, set, write } from "../../plot/svg.js";
import { labelOf, readout } from "../../plot/words.js";
import { CallHeads } from "./heads.js";
import { callAt, layoutCalls, toOtherTrial } from "./layout.js";
import { paintCalls } from "./paint.js";
import { callsReader, drawnCalls } from "./read.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("./layout.js").CallLayout} CallLayout */
/** @typedef {import("./read.js").Call} Call */

const STATES = ["running", "ready", "blocked"]; // answers that can be drawn beside what was measured

class CallsView {
  #say;
  #ask;
  #labels;
  #calls;
  #heads;
  #plot;
  #readout = html("p", { class: "lanes-readout" });
  #line = html("code", { class: "calls-line" });
  #bar;
  #empty;
  #legend;
  /** @type {Scene | null} */
  #scene = null;

  /** @param {Parameters<import("../../types").Create>} given */
  constructor(...[root, say, ask, page]) {
    this.#say = say;
    this.#ask = ask;
    this.#labels = page.labels;
    this.#calls = callsReader(page.drawn);
    this.#heads = new CallHeads(say, page, (call) => this.#selectCall(call));
    /** @type {import("../../plot/plot.js").Content<CallLayout>} */
    const content = {
      label: say("calls.list"),
      kind: "lanes-plot calls-plot",
      beside: this.#heads.root,
      state: (scene) => focusOf(this.#callsDrawn(scene), scene)?.trial.trial,
      layOut: (scene, room) => this.#layout(scene, room),
      arrange: (layout, scene) => this.#heads.draw(layout, timelineOf(scene.tracks, scene.version), scene),
      paint: (...given) => this.#paint(...given),
      click: (...given) => this.#click(...given),
      pointed: () => this.#scene && this.#read(this.#scene),
    };
    this.#plot = new LanesPlot(content, ask);
    this.#bar = html("div", { class: "lanes-bar calls-bar" }, this.#readout, this.#line);
    this.#empty = html("p", { class: "view-empty" }, say("lanes.empty"));
    this.#legend = createLegend(say, true);
    root.replaceChildren(this.#bar, this.#empty, this.#plot.root, this.#legend.root);
  }

  /** @param {Scene} scene */
  draw(scene) {
    this.#scene = scene;
    const some = this.#callsDrawn(scene).length > 0;
    this.#empty.hidden = some;
    for (const element of [this.#plot.element, this.#bar, this.#legend.root]) element.hidden = !some;
    if (!some) return;
    this.#plot.draw(scene);
    this.#legend.draw(scene);
    this.#read(scene);
  }

  /** The calls that the step's scene draws. @param {Scene} scene */
  #callsDrawn({ tracks, version, only }) {
    return only ? drawnCalls(this.#calls(tracks, version), only) : this.#calls(tracks, version);
  }

  /** @param {Call} call */
  #selectCall(call) {
    if (!this.#scene) return;
    const { t_ns } = this.#scene;
    const from = this.#plot.layout && groupAt(this.#plot.layout, t_ns);
    this.#ask({ do: "select", task: call.caller });
    this.#ask({ do: "seek", t_ns: toOtherTrial(call, from?.call ?? null, t_ns) });
  }

  /** @param {number} x @param {number} y @param {CallLayout} layout @param {Scene} scene */
  #click(x, y, layout, scene) {
    const group = callAt(layout, y);
    if (!group || x < layout.left) return;
    this.#ask({ do: "select", task: rowAt(layout, y)?.task ?? group.call.caller });
    const t_ns = Math.min(Math.max(group.scale.t(x - layout.left), 0), scene.end_ns);
    this.#ask({ do: "seek", t_ns: Math.round(t_ns) });
  }

  /** @param {Scene} scene @param {import("../../plot/plot.js").PlotSize} room */
  #layout(scene, room) {
    const calls = this.#callsDrawn(scene);
    const { from_ns, to_ns } = scene.scale;
    const guessed = guessedState(scene) !== null;
    const { end_ns, projector: few, veiled: bare = false } = scene;
    return layoutCalls({ calls, focus: focusOf(calls, scene), from_ns, to_ns, end_ns, guessed, few, bare, ...room });
  }

  /** @param {HTMLCanvasElement} canvas @param {import("../../plot/theme.js").Theme} theme @param {CallLayout} layout
   * @param {Scene} scene */
  #paint(canvas, theme, layout, scene) {
    const say = this.#say;
    const guess = guessedState(scene);
    const slots = { calls: layout.groups.length, length: duration(scene.end_ns) };
    set(canvas, { role: "img", "aria-label": say("calls.summary", slots) });
    const asked = scene.veiled ? groupAt(layout, scene.t_ns) : null;
    const arrows = asked ? /** @type {const} */ ("selected") : undefined; // who is woken has been asleep
    const pen = drawBase(canvas, theme, scene, layout, say, { exits: false, arrows, whole: true });
    const text = guess ? say("lanes.guess_of", { guess: labelOf(this.#labels, say, "guess", guess) }) : "";
    paintCalls(pen, layout, guess, text, asked, [say("calls.job"), say("calls.result")]);
  }

  /** What the caller (or the lane under the pointer) does at this instant, and the line it is at. @param {Scene} scene */
  #read({ tracks, version, world, t_ns }) {
    const { layout, hover } = this.#plot;
    const group = layout?.groups.find((each) => each === hover?.row.group) ?? (layout && groupAt(layout, t_ns));
    if (!group) return;
    const task = hover?.row.task ?? group.call.caller;
    const at_ns = hover?.t_ns ?? t_ns;
    write(this.#readout, readout(this.#say, timelineOf(tracks, version), tracks, task, at_ns, group.zero_ns).text);
    const step = world.tasks.get(group.call.caller)?.step;
    write(this.#line, hover || !step ? "" : sourceLine(step.code ?? "", step.line ?? 0));
  }

  destroy() {
    this.#plot.destroy();
  }
}

/** @type {import("../../types").Create} */
export const create = (...given) => new CallsView(...given);

/** The guess, where it is a state of the caller. @param {Scene} scene */
const guessedState = ({ guess }) => (guess !== null && STATES.includes(guess) ? guess : null);

/** The call that is looked at: the selected task's, else the one the playhead is in. @param {Call[]} calls
 * @param {Scene} scene @returns {Call | null} */
function focusOf(calls, { selected, t_ns }) {
  /** @param {Call} call */
  const has = ({ caller, worker, helpers }) => selected !== null && [caller, worker, ...helpers].includes(selected);
  return calls.find(has) ?? calls.findLast((call) => call.trial.from_ns <= t_ns) ?? calls[0] ?? null;
}

/** A line of the shown source, as the page already holds it. @param {string} symbol @param {number} number */
function sourceLine(symbol, number) {
  const found = document.querySelector(`[data-symbol="${CSS.escape(symbol)}"] .line:nth-child(${number})`);
  return found?.textContent?.trim() ?? "";
}

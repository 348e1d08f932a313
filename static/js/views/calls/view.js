// @ts-check
// Calls: one row a call on one clock, its caller, worker and helper threads, and what the caller's thread did meanwhile.
import { duration, instant } from "../../engine/scale.js";
import { html, set, write } from "../../plot/svg.js";
import { createHeads } from "./heads.js";
import { groupUnder, layOutCalls, sameMoment } from "./layout.js";
import { paintCalls } from "./paint.js";
import { callsOf } from "./read.js";
import { castOf } from "../../engine/cast.js";
import { drawBase, drawOver } from "../../plot/draw.js";
import { groupAt, reach, rowAt, toRun } from "../../plot/layout.js";
import { createLegend } from "../../plot/legend.js";
import { createPen } from "../../plot/paint.js";
import { listen } from "../../plot/pointer.js";
import { createRoom } from "../../plot/frame.js";
import { fit, readTheme, watchTheme } from "../../plot/theme.js";
import { nameOf, what, word } from "../../plot/words.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("./layout.js").CallLayout} CallLayout */
/** @typedef {import("./layout.js").CallGroup} CallGroup */
/** @typedef {import("./read.js").Call} Call */
/** @typedef {import("../../plot/layout.js").Layout} Layout */

const STATES = ["running", "ready", "blocked"];   // answers that can be drawn beside what was measured

/** @type {import("../../types").Create} */
export function create(root, say, ask, page) {
  const base = html("canvas", { class: "lanes-base", role: "img" });
  const over = html("canvas", { class: "lanes-over", "aria-hidden": "true" });
  const heads = createHeads(say, page, pick);
  const plot = html("div", { class: "lanes-plot calls-plot" }, base, over, heads.root);
  const room = createRoom(plot, say("calls.list"), again);
  const readout = html("p", { class: "lanes-readout" });
  const line = html("code", { class: "calls-line" });
  const bar = html("div", { class: "lanes-bar calls-bar" }, readout, line);
  const empty = html("p", { class: "view-empty" }, say("lanes.empty"));
  const legend = createLegend(say);
  root.replaceChildren(bar, empty, room.root, legend.root);

  /** @type {Scene | null} */
  let scene = null;
  /** @type {CallLayout | null} */
  let layout = null;
  /** @type {import("../../plot/theme.js").Theme | null} */
  let theme = null;
  /** @type {{ row: import("../../plot/layout.js").Row, t_ns: number } | null} */
  let hover = null;
  let signature = "";
  let width = 0;

  const sized = new ResizeObserver(() => {
    if (!plot.clientWidth || plot.clientWidth === width) return;
    width = plot.clientWidth;
    again();
  });
  sized.observe(plot);
  const unwatch = watchTheme(() => { theme = null; again(); });
  const silence = listen(over, {
    hover: (x, y) => point(x, y), leave: () => point(-1, -1), click,
    window: (from, to) => show(from, to), select: (from, to) => loop(from, to),
    span: () => ({ width: layout?.clock.width ?? 1, left: layout?.left ?? 0, clock: layout?.clock ?? null }),
  });

  function again() {
    signature = "";
    if (scene) draw(scene);
  }

  /** The row the playhead is in. @param {Scene} now */
  const home = (now) => /** @type {CallGroup | null} */ (layout && groupAt(/** @type {Layout} */ (layout), now.t_ns));

  /** @param {Call} call */
  function pick(call) {
    if (!scene) return;
    ask({ do: "select", task: call.caller });
    ask({ do: "seek", t_ns: sameMoment(call, home(scene)?.call ?? null, scene.t_ns) });
  }

  /** @param {number} x @param {number} y */
  function point(x, y) {
    const row = layout && x >= layout.left ? rowAt(/** @type {Layout} */ (layout), y) : null;
    hover = row && layout ? { row, t_ns: row.group.scale.t(x - layout.left) } : null;
    if (scene) overlay(scene);
  }

  /** @param {number} x @param {number} y */
  function click(x, y) {
    const group = layout && groupUnder(layout, y);
    if (!layout || !group || !scene || x < layout.left) return;
    const row = rowAt(/** @type {Layout} */ (layout), y);
    ask({ do: "select", task: row?.task ?? group.call.caller });
    ask({ do: "seek", t_ns: Math.round(Math.min(Math.max(group.scale.t(x - layout.left), 0), scene.end_ns)) });
  }

  /** @param {number} from @param {number} to shares of the visible window */
  function show(from, to) {
    const next = layout && reach(/** @type {Layout} */ (layout), from, to);
    if (layout && next) ask({ do: "show", ...toRun(/** @type {Layout} */ (layout), next.from_ns, next.to_ns) });
    return next !== null;
  }

  /** @param {number} from @param {number} to */
  function loop(from, to) {
    if (!layout) return;
    const { clock } = layout;
    const at = [from, to].sort((a, b) => a - b).map((share) => clock.from_ns + (clock.to_ns - clock.from_ns) * share);
    const { from_ns, to_ns } = toRun(/** @type {Layout} */ (layout), at[0], at[1]);
    ask({ do: "loop", range: [from_ns, to_ns] });
  }

  /** @param {Scene} next */
  function draw(next) {
    scene = next;
    const calls = callsOf(next.tracks, next.version);
    for (const [element, hidden] of /** @type {[HTMLElement, boolean][]} */ ([[empty, calls.length > 0],
      [plot, !calls.length], [bar, !calls.length], [legend.root, !calls.length]])) element.hidden = hidden;
    width ||= plot.clientWidth;
    if (!calls.length || !width) return;
    theme ??= readTheme(root);
    const focus = focusOf(calls, next);
    const now = [next.version, next.scale.from_ns, next.scale.to_ns, width, next.selected, focus?.trial.trial, theme.stamp,
      next.guess, next.loop, next.projector, window.devicePixelRatio, window.innerHeight].join();
    if (now !== signature) repaint(next, theme, calls, focus);
    signature = now;
    legend.draw(next);
    overlay(next);
  }

  /** @param {Scene} next @param {import("../../plot/theme.js").Theme} look @param {Call[]} calls @param {Call | null} focus */
  function repaint(next, look, calls, focus) {
    const { tracks, version, scale, end_ns } = next;
    const cast = castOf(tracks, version);
    const guess = next.guess !== null && STATES.includes(next.guess) ? next.guess : null;
    layout = layOutCalls({ calls, width, from_ns: scale.from_ns, to_ns: scale.to_ns, end_ns, size: look.size, focus,
      guessed: guess !== null, few: next.projector, budget: room.budget() });
    plot.style.height = `${layout.height}px`;
    room.fit(layout.height);
    heads.draw(layout, cast, next);
    fit(base, width, layout.height);
    fit(over, width, layout.height);
    set(base, { "aria-label": say("calls.summary", { calls: calls.length, length: duration(end_ns) }) });
    drawBase(base, look, { ...next, guess: null }, /** @type {Layout} */ (layout), capless(cast), say, "");
    const context = /** @type {CanvasRenderingContext2D} */ (base.getContext("2d"));
    const pen = createPen(context, look, layout.size, base.width / width, layout.left, layout.left + layout.clock.width);
    paintCalls(pen, layout, guess, guess ? say("lanes.guess_of", { guess: word(page.labels, say, "guess", guess) }) : "");
  }

  /** @param {Scene} now */
  function overlay(now) {
    if (!layout?.rows.length || !theme) return;
    drawOver(over, theme, now, /** @type {Layout} */ (layout), hover);
    const group = home(now);
    if (group) room.reveal(group === layout.groups[0] ? 0 : group.y, group.y + group.height);
    read(now);
  }

  /** What the caller (or the lane under the pointer) does at this instant, and the line it is at. @param {Scene} now */
  function read(now) {
    const group = /** @type {CallGroup | null} */ (hover ? hover.row.group : home(now));
    if (!group) return;
    const t_ns = hover?.t_ns ?? now.t_ns;
    const task = hover?.row.task ?? group.call.caller;
    const cast = castOf(now.tracks, now.version);
    const one = now.tracks.at(task, t_ns);
    const slots = { time: instant(t_ns - group.zero_ns), name: nameOf(cast, task, say),
      what: what(say, one, t_ns > (cast.tasks.get(task)?.died_ns ?? Infinity)) };
    write(readout, one?.to_ns != null ? say("readout.line", { ...slots, length: duration(one.to_ns - one.from_ns) })
      : say("readout.open", slots));
    const step = now.world.tasks.get(group.call.caller)?.step;
    write(line, hover || !step ? "" : sourceLine(step.code ?? "", step.line ?? 0));
  }

  return { draw, destroy() { sized.disconnect(); unwatch(); silence(); room.destroy(); } };
}

/** The call that is looked at: the selected task's, else the one the playhead is in. @param {Call[]} calls
 * @param {Scene} scene @returns {Call | null} */
function focusOf(calls, { selected, t_ns }) {
  const chosen = calls.find((call) => selected !== null && [call.caller, call.worker, ...call.helpers].includes(selected));
  const begun = calls.filter((call) => call.trial.from_ns <= t_ns);
  return chosen ?? begun[begun.length - 1] ?? calls[0] ?? null;
}

/** Exit codes belong to processes as a whole, not to a call: without them the rows stay calm. @param {import("../../engine/cast.js").Cast} cast
 * @returns {import("../../engine/cast.js").Cast} */
const capless = (cast) => ({ ...cast, tasks: new Map([...cast.tasks].map(([task, who]) => [task, { ...who, type: "thread" }])) });

/** A line of the shown source, as the page already holds it. @param {string} symbol @param {number} number */
function sourceLine(symbol, number) {
  const found = document.querySelector(`[data-symbol="${CSS.escape(symbol)}"] [data-line="${number}"]`);
  return found?.textContent?.trim() ?? "";
}

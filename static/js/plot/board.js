// @ts-check
// Two canvases and the names beside them: draws lanes when something changed, the playhead always. Knows no toggles.
import { html, set } from "./svg.js";
import { castOf } from "../engine/cast.js";
import { drawBase, drawOver } from "./draw.js";
import { groupAt, layOut, reach, rowAt, toRun } from "./layout.js";
import { createNames } from "./names.js";
import { listen } from "./pointer.js";
import { createRoom } from "./frame.js";
import { fit, readTheme, watchTheme } from "./theme.js";
import { word } from "./words.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("./layout.js").Layout} Layout */
/** @typedef {import("./layout.js").Row} Row */
/** @typedef {import("../engine/cast.js").Cast} Cast */
/**
 * @typedef {{ say: import("../types").Say, ask: (intent: import("../types").Intent) => void,
 *   page: import("../types").Page, mode: () => "task" | "core", hovered?: () => void }} Board
 */

/** @param {Board} board */
export function createBoard({ say, ask, page, mode, hovered }) {
  const base = html("canvas", { class: "lanes-base", role: "img" });
  const over = html("canvas", { class: "lanes-over", "aria-hidden": "true" });
  const names = createNames(say, page, (task) => ask({ do: "select", task: scene?.selected === task ? null : task }));
  const root = html("div", { class: "lanes-plot" }, base, over, names.root);
  const room = createRoom(root, say("lanes.group"), again);
  /** @type {Scene | null} */
  let scene = null;
  /** @type {Layout | null} */
  let layout = null;
  /** @type {Cast | null} */
  let cast = null;
  /** @type {import("./theme.js").Theme | null} */
  let theme = null;
  /** @type {{ row: Row, t_ns: number } | null} */
  let hover = null;
  let signature = "";
  let width = 0;

  const sized = new ResizeObserver(() => {
    if (!root.clientWidth || root.clientWidth === width) return;   // hidden: no width to take over
    width = root.clientWidth;
    again();
  });
  sized.observe(root);
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

  /** @param {number} x @param {number} y */
  function point(x, y) {
    const row = layout && x >= layout.left ? rowAt(layout, y) : null;
    hover = row && layout ? { row, t_ns: row.group.scale.t(x - layout.left) } : null;
    if (scene) overlay(scene);
    hovered?.();
  }

  /** @param {number} x @param {number} y */
  function click(x, y) {
    const row = layout && rowAt(layout, y);
    if (!layout || !row || !scene) return;
    const t_ns = Math.round(clamp(row.group.scale.t(x - layout.left), 0, scene.end_ns));
    const task = row.task ?? runner(scene, row, t_ns);
    if (task != null && task !== scene.selected) ask({ do: "select", task });
    if (x >= layout.left) ask({ do: "seek", t_ns });
  }

  /** @param {number} from @param {number} to shares of the visible window @returns {boolean} whether it moves */
  function show(from, to) {
    const next = layout && reach(layout, from, to);
    if (layout && next) ask({ do: "show", ...toRun(layout, next.from_ns, next.to_ns) });
    return next !== null;
  }

  /** @param {number} from @param {number} to */
  function loop(from, to) {
    if (!layout) return;
    const { clock } = layout;
    const at = [from, to].sort((a, b) => a - b).map((share) => clock.from_ns + (clock.to_ns - clock.from_ns) * share);
    const { from_ns, to_ns } = toRun(layout, at[0], at[1]);
    ask({ do: "loop", range: [from_ns, to_ns] });
  }

  /** @param {Scene} next */
  function draw(next) {
    scene = next;
    width ||= root.clientWidth;
    if (!width) return;
    theme ??= readTheme(root);
    const now = [next.version, next.scale.from_ns, next.scale.to_ns, width, mode(), next.selected, theme.stamp,
      next.guess, next.loop, window.devicePixelRatio, window.innerHeight].join();
    if (now !== signature) repaint(next, theme);
    signature = now;
    overlay(next);
  }

  /** @param {Scene} next @param {import("./theme.js").Theme} look */
  function repaint(next, look) {
    const { tracks, version, scale, end_ns } = next;
    cast = castOf(tracks, version);
    layout = layOut({ cast, mode: mode(), width, from_ns: scale.from_ns, to_ns: scale.to_ns, end_ns, size: look.size,
      budget: room.budget(), few: next.projector });
    root.hidden = layout.rows.length === 0;
    root.style.height = `${layout.height}px`;
    room.fit(layout.height);
    names.draw(layout, cast, next.selected, next.guess !== null);
    fit(base, width, layout.height);
    fit(over, width, layout.height);
    const summary = mode() === "core" ? "cores.summary" : "lanes.summary";
    const length = `${(end_ns / 1e6).toFixed(0)} ms`;
    set(base, { "aria-label": say(summary, { tasks: cast.tasks.size, cores: cast.cpus.length, length }) });
    drawBase(base, look, next, layout, cast, say, next.guess ? guessText(next.guess) : "");
  }

  /** @param {string} guess */
  const guessText = (guess) => (`guess.${guess}` in page.labels
    ? say("lanes.guess_of", { guess: word(page.labels, say, "guess", guess) }) : say("lanes.guess"));

  /** @param {Scene} next */
  function overlay(next) {
    if (!layout?.rows.length || !theme) return;
    drawOver(over, theme, next, layout, hover);
    const home = groupAt(layout, next.t_ns);
    if (home) room.reveal(home === layout.groups[0] ? 0 : home.y, home.y + home.height);
  }

  return {
    root: room.root, draw, names,
    layout: () => layout,
    cast: () => cast,
    hover: () => hover,
    shown: () => (layout?.relative && scene ? seen(layout, scene.t_ns) : null),
    destroy() {
      sized.disconnect();
      unwatch();
      silence();
      room.destroy();
      room.root.remove();
    },
  };
}

/** What a layout of trials shows, in the trial of the playhead. @param {Layout} layout @param {number} t_ns */
const seen = (layout, t_ns) => {
  const zero_ns = groupAt(layout, t_ns)?.zero_ns ?? 0;
  return { from_ns: layout.clock.from_ns + zero_ns, to_ns: layout.clock.to_ns + zero_ns };
};

/** Who ran on the core of a row. @param {Scene} scene @param {Row} row @param {number} t_ns */
const runner = ({ tracks }, row, t_ns) => tracks.tasks().find((task) => {
  const one = tracks.at(task, t_ns);
  return one?.state === "running" && one.cpu === row.cpu;
}) ?? null;

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

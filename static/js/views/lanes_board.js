// @ts-check
// Two canvases and the names beside them: draws lanes when something changed, the playhead always. Knows no toggles.
import { html, set } from "../svg.js";
import { castOf } from "./cast.js";
import { layOut, rowAt, toRun } from "./lanes_layout.js";
import { paintAxis, paintGuess, paintPlayhead, paintRange, paintRules, paintWakes } from "./lanes_marks.js";
import { createNames } from "./lanes_names.js";
import { createPen, paintTear } from "./lanes_paint.js";
import { listen } from "./lanes_pointer.js";
import { paintRow } from "./lanes_rows.js";
import { begin, fit, readTheme, watchTheme } from "./theme.js";
import { word } from "./words.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("./lanes_layout.js").Layout} Layout */
/** @typedef {import("./lanes_layout.js").Row} Row */
/** @typedef {import("./cast.js").Cast} Cast */
/**
 * @typedef {{ say: import("../types").Say, ask: (intent: import("../types").Intent) => void,
 *   page: import("../types").Page, mode: () => "task" | "core", hovered?: () => void }} Board
 */

const NARROWEST_NS = 20_000;

/** @param {Board} board */
export function createBoard({ say, ask, page, mode, hovered }) {
  const base = html("canvas", { class: "lanes-base", role: "img" });
  const over = html("canvas", { class: "lanes-over", "aria-hidden": "true" });
  const names = createNames(say, page, (task) => ask({ do: "select", task: scene?.selected === task ? null : task }));
  const root = html("div", { class: "lanes-plot" }, base, over, names.root);
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
    if (root.clientWidth === width) return;
    width = root.clientWidth;
    again();
  });
  sized.observe(root);
  const unwatch = watchTheme(() => { theme = null; again(); });
  const silence = listen(over, {
    hover: (x, y) => point(x, y), leave: () => point(-1, -1), click,
    window: (from, to) => show(from, to), select: (from, to) => loop(from, to),
    span: () => ({ width: layout?.clock.width ?? 1, left: layout?.left ?? 0 }),
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
    if (row.task != null && row.task !== scene.selected) ask({ do: "select", task: row.task });
    if (x >= layout.left) ask({ do: "seek", t_ns: clamp(row.group.scale.t(x - layout.left), 0, scene.end_ns) });
  }

  /** @param {number} from @param {number} to shares of the visible window */
  function show(from, to) {
    if (!layout || !scene) return;
    const { clock } = layout;
    const [low, high] = layout.relative ? [clock.from_ns, clock.to_ns] : [0, scene.end_ns];
    const span = Math.max(NARROWEST_NS, (clock.to_ns - clock.from_ns) * (to - from));
    const most = layout.relative ? Infinity : (high - low) * 1.04;
    const wide = Math.min(span, most);
    const start = clock.from_ns + (clock.to_ns - clock.from_ns) * from + (span - wide) / 2;
    ask({ do: "show", ...toRun(layout, start, start + wide) });
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
      next.guess, next.loop, window.devicePixelRatio].join();
    if (now !== signature) repaint(next, theme.size);
    signature = now;
    overlay(next);
  }

  /** @param {Scene} next @param {number} size */
  function repaint(next, size) {
    const { tracks, version, scale, end_ns } = next;
    cast = castOf(tracks, version);
    layout = layOut({ cast, mode: mode(), width, from_ns: scale.from_ns, to_ns: scale.to_ns, end_ns, size });
    root.hidden = layout.rows.length === 0;
    root.style.height = `${layout.height}px`;
    names.draw(layout, cast, next.selected, next.guess !== null);
    fit(base, width, layout.height);
    fit(over, width, layout.height);
    const summary = mode() === "core" ? "cores.summary" : "lanes.summary";
    const length = `${(end_ns / 1e6).toFixed(0)} ms`;
    set(base, { "aria-label": say(summary, { tasks: cast.tasks.size, cores: cast.cpus.length, length }) });
    paint(next, layout, cast);
  }

  /** @param {HTMLCanvasElement} canvas @param {Layout} at */
  function penOn(canvas, at) {
    const context = begin(canvas, at.width);
    const look = /** @type {import("./theme.js").Theme} */ (theme);
    return createPen(context, look, at.size, canvas.width / at.width, at.left, at.left + at.clock.width);
  }

  /** @param {Scene} next @param {Layout} at @param {Cast} people */
  function paint(next, at, people) {
    const pen = penOn(base, at);
    const { context } = pen;
    paintRules(pen, at);
    const chosen = at.rows.find((row) => row.task != null && row.task === next.selected);
    if (chosen) shade(pen, chosen, at);
    paintAxis(pen, at);
    context.save();
    context.beginPath();
    context.rect(at.left, 0, at.clock.width + 12, at.height);
    context.clip();
    /** @type {import("./lanes_marks.js").Wake[]} */
    const wakes = [];
    const ground = { layout: at, tracks: next.tracks, cast: people, say };
    for (const row of at.rows) paintRow(pen, ground, row, wakes);
    for (const group of at.groups) tear(pen, at, group, people);
    paintWakes(pen, chosen ? wakes.filter((one) => one.to === chosen || one.from === chosen) : wakes, at.clock.width / 24);
    context.restore();
    if (next.guess) paintGuess(pen, at, people, next.guess, guessText(next.guess));
  }

  /** @param {string} guess */
  const guessText = (guess) => (`guess.${guess}` in page.labels ? word(page.labels, say, "guess", guess) : say("lanes.guess"));

  /** @param {import("./lanes_paint.js").Pen} pen @param {Row} row @param {Layout} at */
  function shade({ context, theme: look }, row, at) {
    context.globalAlpha = 0.1;
    context.fillStyle = look.accent;
    context.fillRect(0, row.y - (at.pitch - row.height) / 2, at.width, at.pitch);
    context.globalAlpha = 1;
  }

  /** @param {import("./lanes_paint.js").Pen} pen @param {Layout} at @param {import("./lanes_layout.js").Group} group
   * @param {Cast} people */
  function tear(pen, at, group, people) {
    for (const { t_ns } of people.lost) {
      if (t_ns < group.zero_ns || t_ns > group.to_ns) continue;
      paintTear(pen, at.left + group.scale.x(t_ns), group.rows[0].y - 4, group.y + group.height - 4);
    }
  }

  /** @param {Scene} next */
  function overlay(next) {
    if (!layout || !layout.rows.length) return;
    const pen = penOn(over, layout);
    if (next.loop) paintRange(pen, layout, next.loop);
    if (hover && layout.rows.includes(hover.row)) {
      pen.context.fillStyle = pen.theme.muted;
      pen.context.fillRect(layout.left + hover.row.group.scale.x(hover.t_ns) - 0.5, hover.row.y - 3, 1, hover.row.height + 6);
    }
    paintPlayhead(pen, layout, next.t_ns);
  }

  return {
    root, draw, names,
    layout: () => layout,
    cast: () => cast,
    hover: () => hover,
    destroy() {
      sized.disconnect();
      unwatch();
      silence();
      root.remove();
    },
  };
}

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// The two layers of the lanes, in the order in which they are painted: what the log says, and where the reader is.
import { timelineOf } from "../engine/timeline.js";
import { groupAt } from "./layout.js";
import {
  paintAxis,
  paintGuess,
  paintLoopRange,
  paintMoment,
  paintPlayhead,
  paintTrialRules,
  paintWakes,
  visibleWakes,
} from "./marks.js";
import { paintExit, paintLostMark, paintVeil } from "./paint.js";
import { createPen } from "./pen.js";
import { paintRow } from "./rows.js";
import { clearedContext } from "./theme.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("./pen.js").Pen} Pen */
/** @typedef {import("./layout.js").Layout} Layout */
/** @typedef {import("./layout.js").Row} Row */
/** @typedef {import("../engine/timeline.js").Timeline} Timeline */
/** @typedef {import("./theme.js").Theme} Theme */

const MIN_ARROW_PX = 24; // pixels of width an arrow needs on average, to be told from its neighbours

/** @param {HTMLCanvasElement} canvas @param {Layout} layout @param {Theme} theme */
const clearedPen = (canvas, layout, theme) =>
  createPen(
    clearedContext(canvas, layout.width),
    theme,
    layout.size,
    canvas.width / layout.width,
    layout.left,
    layout.left + layout.clock.width,
  );

/** Everything that follows from the log and the window. @param {HTMLCanvasElement} canvas @param {Theme} theme
 * @param {Scene} scene @param {Layout} layout @param {import("../types").Say} say
 * @param {{ guess?: string, exits?: boolean, arrows?: "selected", whole?: boolean }} [more] `guess`: its words; `exits`: whether processes
 *   end with their code; `arrows`: those of the selected row alone; `whole`: what comes after a veiled
 *   playhead too
 * @returns {Pen} to paint more with */
export function drawBase(canvas, theme, { tracks, version, selected, guess, veiled, t_ns }, layout, say, more = {}) {
  const timeline = timelineOf(tracks, version);
  const pen = clearedPen(canvas, layout, theme);
  const chosen = layout.rows.find((row) => row.task !== null && row.task === selected) ?? null;
  paintTrialRules(pen, layout);
  if (chosen) highlightRow(pen, chosen, layout);
  paintAxis(pen, layout);
  const rowContext = {
    layout,
    tracks,
    timeline,
    say,
    wakes: [],
    caps: [],
    exits: (more.exits ?? true) && !veiled,
    arrows: more.arrows,
  };
  paintBars(pen, rowContext, chosen, veiled && !more.whole ? t_ns : null);
  if (guess && more.guess) paintGuess(pen, layout, timeline, guess, more.guess);
  return pen;
}

/** @param {Pen} pen @param {import("./rows.js").RowContext} rowContext @param {Row | null} chosen
 * @param {number | null} until_ns what comes later is left blank */
function paintBars(pen, rowContext, chosen, until_ns) {
  const { context } = pen;
  const { layout, timeline, wakes, caps, arrows } = rowContext;
  context.save();
  context.beginPath();
  context.rect(layout.left, 0, until_ns === null ? layout.clock.width : xOf(layout, until_ns), layout.height);
  context.clip();
  for (const row of layout.rows) paintRow(pen, rowContext, row);
  for (const group of layout.groups) paintLost(pen, layout, group, timeline);
  paintWakes(pen, visibleWakes(wakes, chosen, arrows), layout.clock.width / MIN_ARROW_PX);
  context.restore();
  for (const { x, row, text, killed } of caps) paintExit(pen, x, row.y, row.height, text, killed);
  const from = until_ns === null ? layout.clock.width : xOf(layout, until_ns);
  if (from < layout.clock.width) for (const row of layout.rows) paintVeil(pen, layout.left + from, pen.right, row);
}

/** Pixels from the lanes' left end to an instant. @param {Layout} layout @param {number} t_ns */
function xOf(layout, t_ns) {
  const x = groupAt(layout, t_ns)?.scale.x(t_ns) ?? 0;
  return Math.min(Math.max(0, x), layout.clock.width);
}

/** @param {Pen} pen @param {Row} row @param {Layout} layout */
function highlightRow({ context, theme }, row, layout) {
  context.globalAlpha = 0.1;
  context.fillStyle = theme.accent;
  context.fillRect(0, row.y - (layout.pitch - row.height) / 2, layout.width, layout.pitch);
  context.globalAlpha = 1;
}

/** @param {Pen} pen @param {Layout} layout @param {import("./layout.js").Group} group @param {Timeline} timeline */
function paintLost(pen, layout, group, timeline) {
  for (const { t_ns } of timeline.lost) {
    if (t_ns < group.zero_ns || t_ns > group.to_ns) continue;
    paintLostMark(pen, layout.left + group.scale.x(t_ns), group.rows[0].y - 4, group.y + group.height - 4);
  }
}

/** Where the reader is: playhead, loop, pointer. @param {HTMLCanvasElement} canvas @param {Theme} theme @param {Scene} scene
 * @param {Layout} layout @param {{ row: Row, t_ns: number } | null} hover */
export function drawOverlay(canvas, theme, scene, layout, hover) {
  const pen = clearedPen(canvas, layout, theme);
  if (scene.loop) paintLoopRange(pen, layout, scene.loop);
  if (hover && layout.rows.includes(hover.row)) {
    const { row, t_ns } = hover;
    pen.context.fillStyle = theme.muted;
    pen.context.fillRect(layout.left + row.group.scale.x(t_ns) - 0.5, row.y - 3, 1, row.height + 6);
  }
  if (scene.moment_ns != null && scene.moment_ns !== scene.t_ns) paintMoment(pen, layout, scene.moment_ns);
  paintPlayhead(pen, layout, scene.t_ns);
}

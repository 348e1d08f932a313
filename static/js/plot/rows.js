// One row, a task's or a core's track, onto the canvas: bar by bar while they can be told apart, blended columns when not.
import { foreignCpuTime } from "../engine/contention.js";
import { countBefore } from "../engine/sorted_arrays.js";
import { coreShares, paintShares, statePalette } from "./dense.js";
import { paintBar } from "./paint.js";
import { hatchPeriod } from "./pen.js";
import { signalName } from "./signals.js";

/** @typedef {import("./pen.js").Pen} Pen */
/** @typedef {import("./layout.js").Layout} Layout */
/** @typedef {import("./layout.js").Row} Row */
/** @typedef {import("../types").Tracks} Tracks */
/** @typedef {{ x: number, row: Row, text: string, killed: boolean }} ExitCap */
/**
 * @typedef {{ layout: Layout, tracks: Tracks, timeline: import("../engine/timeline.js").Timeline, say: import("../types").Say,
 *   wakes: import("./marks.js").Wake[], caps: ExitCap[], exits: boolean, arrows?: "selected" }} RowContext  `wakes` and `caps` are
 *   found on the way, to be painted last; `arrows`: of the selected row alone; `exits`: whether a process ends with its code or signal
 */

const MIN_BAR_PX = 3; // pixels an interval needs on average to be drawn as a bar

/** @param {Pen} pen @param {RowContext} rowContext @param {Row} row */
export function paintRow(pen, rowContext, row) {
  if (row.task !== null) paintTaskRow(pen, rowContext, row, row.task);
  else if (row.cpu !== null) paintCoreRow(pen, rowContext, row, row.cpu);
}

/** @param {Pen} pen @param {RowContext} rowContext @param {Row} row @param {number} task */
function paintTaskRow(pen, rowContext, row, task) {
  const { from_ns, to_ns, width } = row.group.scale;
  const count = countOverlapping(rowContext.tracks.track(task), from_ns, to_ns);
  if (count * MIN_BAR_PX > width) {
    const shares = rowContext.tracks.shares(task, from_ns, to_ns, Math.round(width * pen.density));
    paintSharesAt(pen, row, rowContext.layout.left, shares);
  } else paintIntervals(pen, rowContext, row, task);
  if (rowContext.exits) addExitCap(rowContext, row, task);
}

/** @param {Pen} pen @param {RowContext} rowContext @param {Row} row @param {number} task */
function paintIntervals(pen, { layout, tracks, timeline, say, wakes }, row, task) {
  const { scale } = row.group;
  const died_ns = timeline.tasks.get(task)?.died_ns ?? null;
  for (const interval of tracks.between(task, scale.from_ns, scale.to_ns)) {
    const { state, from_ns, to_ns, cause, by } = interval;
    const end = to_ns ?? (state === "zombie" ? null : died_ns);
    const x = layout.left + scale.x(from_ns);
    paintBar(pen, {
      ...{ state, y: row.y, height: row.height, text: barText(interval, say) },
      x: Math.max(x, pen.left - 6),
      to: Math.min(layout.left + scale.x(end ?? tracks.end_ns), pen.right + 40),
      open: end === null && state !== "zombie",
    });
    if (cause === "woken" && x >= pen.left) wakes.push({ x, from: wakerRow(row, by), to: row });
  }
}

/** The end of a process, with its code or signal. @param {RowContext} rowContext @param {Row} row @param {number} number */
function addExitCap({ layout, timeline, caps }, row, number) {
  const task = timeline.tasks.get(number);
  if (!task || task.died_ns === null || task.type !== "process") return;
  const x = row.group.scale.x(task.reaped_ns ?? task.died_ns);
  if (x < 0 || x > layout.clock.width) return;
  const killed = task.signal !== null;
  const text = killed ? signalName(task.signal ?? 0) : String(task.code ?? 0);
  caps.push({ x: layout.left + x, row, text, killed });
}

/** @param {import("../types").Interval} one @param {import("../types").Say} say */
function barText(one, say) {
  if (one.state === "running") return one.cpu == null ? "" : String(one.cpu);
  return one.state === "blocked" && one.waits_for ? say(`waits.${one.waits_for}`) : "";
}

/** @param {Row} row @param {number | null} by */
const wakerRow = (row, by) => row.group.rows.find((other) => other.task === by && other !== row) ?? null;

/** @param {Pen} pen @param {Pick<Row, "y" | "height">} row @param {number} x @param {Float32Array} shares */
export function paintSharesAt(pen, row, x, shares) {
  const [dx, dy] = [Math.round(x * pen.density), Math.round(row.y * pen.density)];
  const height = Math.round(row.height * pen.density);
  paintShares(pen.context, shares, statePalette(pen.theme), dx, dy, height, hatchPeriod(pen.density, pen.size));
}

/** A core shows the tasks of its own trial only: on a shared clock the window reaches beyond the trial.
 * @param {Pen} pen @param {RowContext} rowContext @param {Row} row @param {number} cpu */
function paintCoreRow(pen, rowContext, row, cpu) {
  const { layout, tracks } = rowContext;
  const { scale, trial } = row.group;
  const from = Math.max(scale.from_ns, trial?.from_ns ?? -Infinity);
  const to = Math.min(scale.to_ns, trial?.to_ns ?? tracks.end_ns);
  paintIdle(pen, layout, row, from, to);
  if (to <= from) return;
  paintForeignTime(pen, rowContext, row, cpu, from, to);
  if (countOverlapping(tracks.core(cpu), from, to) * MIN_BAR_PX <= scale.width)
    return paintCoreBars(pen, rowContext, row, cpu, from, to);
  const columns = Math.round((scale.x(to) - scale.x(from)) * pen.density);
  const x = layout.left + scale.x(from);
  if (columns > 0) paintSharesAt(pen, row, x, coreShares(tracks.busy(cpu, from, to, columns)));
}

/** Who had the core from when to when, one bar each. @param {Pen} pen @param {RowContext} rowContext @param {Row} row
 * @param {number} cpu @param {number} from @param {number} to */
function paintCoreBars(pen, { layout, tracks, timeline }, row, cpu, from, to) {
  const { scale, trial } = row.group;
  const lane = tracks.core(cpu);
  for (let i = Math.max(0, countBefore(lane.from_ns, from, lane.length) - 1); i < lane.length; i++) {
    if (lane.from_ns[i] >= to) return;
    const task = timeline.tasks.get(lane.task[i]);
    if (!task || (trial && task.trial !== trial.trial)) continue;
    const last = i + 1 >= lane.length;
    const end = Math.min(last ? tracks.end_ns : lane.from_ns[i + 1], to);
    const x = Math.max(layout.left + scale.x(Math.max(from, lane.from_ns[i])), pen.left);
    const right = layout.left + scale.x(end);
    const shape = { x, to: right - (right - x > 5 ? 1 : 0), y: row.y, height: row.height };
    paintBar(pen, { ...shape, state: "running", text: task.name, open: last && !timeline.ended });
  }
}

/** Where the core was not ours although a task of ours wanted it. @param {Pen} pen @param {RowContext} rowContext @param {Row} row
 * @param {number} cpu @param {number} from @param {number} to */
function paintForeignTime({ context, stipple }, { layout, tracks, timeline }, row, cpu, from, to) {
  const { scale } = row.group;
  context.fillStyle = stipple;
  for (const each of foreignCpuTime(tracks, timeline, from, to)) {
    if (each.cpu !== cpu) continue;
    const x = layout.left + scale.x(Math.max(each.from_ns, from));
    const width = layout.left + scale.x(Math.min(each.to_ns, to)) - x;
    context.fillRect(x, row.y, Math.max(0.5, width), row.height - 1);
  }
}

/** The empty seat: a thin line, so that idle can be told from not recorded. @param {Pen} pen @param {Layout} layout
 * @param {Row} row @param {number} from @param {number} to */
function paintIdle({ context, theme }, layout, row, from, to) {
  const { scale } = row.group;
  const [x, end] = [layout.left + scale.x(from), layout.left + scale.x(to)];
  if (end <= x) return;
  context.fillStyle = theme.line;
  context.fillRect(x, row.y + row.height - 1, end - x, 1);
}

/** How many intervals of a lane or of a core overlap a window. @param {{ length: number, from_ns: Float64Array }} lane
 * @param {number} from_ns @param {number} to_ns */
export function countOverlapping(lane, from_ns, to_ns) {
  const first = Math.max(0, countBefore(lane.from_ns, from_ns, lane.length) - 1);
  return Math.max(0, countBefore(lane.from_ns, to_ns, lane.length) - first);
}

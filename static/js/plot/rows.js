// One lane from the index onto the canvas: bar by bar while they can be told apart, blended columns when not.
import { countBefore } from "../engine/sorted.js";
import { asShares, blend, paletteOf } from "./dense.js";
import { paintBar } from "./paint.js";
import { hatchPeriod } from "./pen.js";

/** @typedef {import("./pen.js").Pen} Pen */
/** @typedef {import("./layout.js").Layout} Layout */
/** @typedef {import("./layout.js").Row} Row */
/** @typedef {import("../types").Tracks} Tracks */
/** @typedef {{ x: number, row: Row, text: string, killed: boolean }} Cap */
/**
 * @typedef {{ layout: Layout, tracks: Tracks, cast: import("../engine/cast.js").Cast, say: import("../types").Say,
 *   wakes: import("./marks.js").Wake[], caps: Cap[] }} Ground  `wakes` and `caps` are found on the way, to be painted last
 */

const FEWEST = 3; // pixels an interval needs on average to be drawn as a bar
const SIGNALS = /** @type {Record<number, string>} */ ({
  2: "INT",
  6: "ABRT",
  9: "KILL",
  11: "SEGV",
  13: "PIPE",
  15: "TERM",
});

/** @param {Pen} pen @param {Ground} ground @param {Row} row */
export function paintRow(pen, ground, row) {
  if (row.task == null) return paintCore(pen, ground, row);
  const { scale } = row.group;
  const count = countIn(ground.tracks.lane(row.task), scale.from_ns, scale.to_ns);
  if (count * FEWEST > scale.width) paintDense(pen, ground, row);
  else paintTask(pen, ground, row);
  cap(ground, row);
}

/** @param {Pen} pen @param {Ground} ground @param {Row} row */
function paintTask(pen, { layout, tracks, cast, say, wakes }, row) {
  const task = /** @type {number} */ (row.task);
  const { scale } = row.group;
  const who = cast.tasks.get(task);
  for (const one of tracks.between(task, scale.from_ns, scale.to_ns)) {
    const died = one.state === "zombie" ? null : (who?.died_ns ?? null);
    const end = one.to_ns ?? died ?? tracks.end_ns;
    const x = layout.left + scale.x(one.from_ns);
    paintBar(pen, {
      state: one.state,
      x: Math.max(x, pen.left - 6),
      to: Math.min(layout.left + scale.x(end), pen.right + 40),
      y: row.y,
      height: row.height,
      text: textOf(one, say),
      open: one.to_ns == null && died == null && one.state !== "zombie",
    });
    if (one.cause === "woken" && x >= pen.left) wakes.push({ x, from: wakerRow(row, one.by), to: row });
  }
}

/** The end of a process, with its code or signal. @param {Ground} ground @param {Row} row */
function cap({ layout, cast, caps }, row) {
  const who = cast.tasks.get(row.task ?? 0);
  if (who?.died_ns == null || who.type !== "process") return;
  const x = row.group.scale.x(who.reaped_ns ?? who.died_ns);
  if (x < 0 || x > layout.clock.width) return;
  const text = who.signal == null ? String(who.code ?? 0) : (SIGNALS[who.signal] ?? `#${who.signal}`);
  caps.push({ x: layout.left + x, row, text, killed: who.signal != null });
}

/** @param {import("../types").Interval} one @param {import("../types").Say} say */
function textOf(one, say) {
  if (one.state === "running") return one.cpu == null ? "" : String(one.cpu);
  return one.state === "blocked" && one.waits_for ? say(`waits.${one.waits_for}`) : "";
}

/** @param {Row} row @param {number | null} by */
const wakerRow = (row, by) => row.group.rows.find((other) => other.task === by && other !== row) ?? null;

/** @param {Pen} pen @param {Ground} ground @param {Row} row */
function paintDense(pen, { layout, tracks }, row) {
  const { scale } = row.group;
  const columns = Math.round(scale.width * pen.density);
  blendAt(pen, row, layout.left, tracks.shares(/** @type {number} */ (row.task), scale.from_ns, scale.to_ns, columns));
}

/** @param {Pen} pen @param {Row} row @param {number} x @param {Float32Array} shares */
function blendAt(pen, row, x, shares) {
  const [dx, dy] = [Math.round(x * pen.density), Math.round(row.y * pen.density)];
  const height = Math.round(row.height * pen.density);
  blend(pen.context, shares, paletteOf(pen.theme), dx, dy, height, hatchPeriod(pen.density, pen.size));
}

/** A core shows the tasks of its own trial only: on a shared clock the window reaches beyond the trial.
 * @param {Pen} pen @param {Ground} ground @param {Row} row */
function paintCore(pen, { layout, tracks, cast }, row) {
  const { scale, trial } = row.group;
  const from = Math.max(scale.from_ns, trial?.from_ns ?? -Infinity);
  const to = Math.min(scale.to_ns, trial?.to_ns ?? tracks.end_ns);
  idle(pen, layout, row, from, to);
  if (to <= from) return;
  const lane = tracks.core(/** @type {number} */ (row.cpu));
  if (countIn(lane, from, to) * FEWEST > scale.width) {
    const columns = Math.round((scale.x(to) - scale.x(from)) * pen.density);
    const x = layout.left + scale.x(from);
    return columns > 0 ? blendAt(pen, row, x, asShares(tracks.busy(lane.cpu, from, to, columns))) : undefined;
  }
  for (
    let i = Math.max(0, countBefore(lane.from_ns, from, lane.length) - 1);
    i < lane.length && lane.from_ns[i] < to;
    i++
  ) {
    const who = cast.tasks.get(lane.task[i]);
    if (!who || (trial && who.trial !== trial.trial)) continue;
    const last = i + 1 >= lane.length;
    const x = Math.max(layout.left + scale.x(Math.max(from, lane.from_ns[i])), pen.left);
    const end = Math.min(last ? tracks.end_ns : lane.from_ns[i + 1], to);
    const right = layout.left + scale.x(end);
    paintBar(pen, {
      state: "running",
      x,
      to: right - (right - x > 5 ? 1 : 0),
      y: row.y,
      height: row.height,
      text: who.name,
      open: last && !cast.ended,
    });
  }
}

/** The empty seat: a thin line, so that idle can be told from not recorded. @param {Pen} pen @param {Layout} layout
 * @param {Row} row @param {number} from @param {number} to */
function idle({ context, theme }, layout, row, from, to) {
  const { scale } = row.group;
  const [x, end] = [layout.left + scale.x(from), layout.left + scale.x(to)];
  if (end <= x) return;
  context.fillStyle = theme.line;
  context.fillRect(x, row.y + row.height - 1, end - x, 1);
}

/** How many intervals of a lane or of a core overlap a window. @param {{ length: number, from_ns: Float64Array }} lane
 * @param {number} from_ns @param {number} to_ns */
export function countIn(lane, from_ns, to_ns) {
  const first = Math.max(0, countBefore(lane.from_ns, from_ns, lane.length) - 1);
  return Math.max(0, countBefore(lane.from_ns, to_ns, lane.length) - first);
}

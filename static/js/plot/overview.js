// What stands around the lanes of a step: the whole trial as a strip above them, a measured distance below them.
import { createScale, duration, instant } from "../engine/scale.js";
import { groupAt, OVERVIEW } from "./layout.js";
import { paintSharesAt } from "./rows.js";

/** @typedef {import("./pen.js").Pen} Pen */
/** @typedef {import("./layout.js").Layout} Layout */
/** @typedef {import("../types").Scene} Scene */

const LANE_HEIGHT = 11;

/** @param {Pen} pen @param {Layout} layout @param {Scene} scene @param {{ whole: string, guess: string,
 *   guess_ns: number | null }} words `guess_ns`: where in the trial the guess lies */
export function paintOverview(pen, layout, { tracks }, { whole, guess, guess_ns }) {
  const { left, clock, rows, top = 0 } = layout;
  const { context, theme, font } = pen;
  const [{ zero_ns, trial, to_ns }] = layout.groups;
  const from_ns = trial?.from_ns ?? 0;
  const scale = createScale(from_ns, to_ns, clock.width);
  const bottom = OVERVIEW.head + rows.length * OVERVIEW.pitch;
  rows.forEach(({ task }, i) => {
    const shares = tracks.shares(task ?? 0, from_ns, to_ns, Math.round(clock.width * pen.density));
    paintSharesAt(pen, { y: OVERVIEW.head + i * OVERVIEW.pitch, height: LANE_HEIGHT }, left, shares);
  });
  const [low, high] = [clock.from_ns, clock.to_ns].map((at_ns) => left + scale.x(at_ns + zero_ns));
  context.strokeStyle = theme.ink;
  context.lineWidth = 1.5;
  context.strokeRect(low, OVERVIEW.head - 5, high - low, bottom - OVERVIEW.head + 5);
  context.strokeStyle = theme.muted;
  context.lineWidth = 1;
  for (const [x, to] of [
    [low, left],
    [high, left + clock.width],
  ]) {
    context.beginPath();
    context.moveTo(x, bottom);
    context.lineTo(to, top - 2);
    context.stroke();
  }
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillStyle = theme.muted;
  context.font = `400 12px ${font}`;
  context.fillText(from_ns > zero_ns ? duration(from_ns - zero_ns) : "0", left, OVERVIEW.head - 10); // on the axis below
  context.fillText(whole, 6, OVERVIEW.head + 4);
  context.fillText(duration(to_ns - from_ns), 6, OVERVIEW.head + 20);
  if (guess_ns !== null && guess) markGuess(pen, left + scale.x(from_ns + guess_ns), bottom, guess);
}

/** @param {Pen} pen @param {number} x @param {number} bottom @param {string} text */
function markGuess({ context, theme, font, right }, x, bottom, text) {
  context.strokeStyle = context.fillStyle = theme.accent;
  context.lineWidth = 2;
  context.setLineDash([3, 3]);
  context.beginPath();
  context.moveTo(x, OVERVIEW.head - 4);
  context.lineTo(x, bottom);
  context.stroke();
  context.setLineDash([]);
  context.font = `700 12px ${font}`;
  const half = context.measureText(text).width / 2;
  context.fillText(text, Math.min(x - half, right - 2 * half), OVERVIEW.head - 11);
}

/** The distance between two instants as a bracket in ink, with its length; both ends are marked in the lanes of their tasks.
 * @param {Pen} pen @param {Layout} layout @param {NonNullable<Scene["measured"]>} ends
 * @param {(task: number | null) => string} name */
export function paintBracket({ context, theme, size, font, right }, layout, ends, name) {
  if (!layout.rows.length) return; // a run that has just begun: no task has been born yet
  const at = ends.map(({ t_ns, task: own }) => {
    const task = own ?? ends[1].task;
    const group = groupAt(layout, t_ns);
    const row = layout.rows.find((each) => each.task === task) ?? layout.rows[0];
    const text = `${name(task)} ${instant(t_ns - (group?.zero_ns ?? 0))}`;
    return { x: layout.left + (group?.scale.x(t_ns) ?? 0), row, text };
  });
  const [a, b] = at;
  if (a.x < layout.left || b.x > right + 1) return;
  const y = layout.height - 24 * size;
  context.fillStyle = theme.ink;
  for (const { x, row } of at) {
    context.fillRect(x - 1.25, row.y - 5, 2.5, row.height + 10);
    context.fillRect(x - 0.5, row.y, 1, y + 6 - row.y);
  }
  context.fillRect(a.x, y - 1, b.x - a.x, 2);
  context.textBaseline = "middle";
  context.font = `600 ${Math.round(13 * size)}px ${font}`;
  context.textAlign = "right";
  context.fillText(a.text, a.x - 8, y);
  context.textAlign = "left";
  if (b.x + 8 + context.measureText(b.text).width < layout.width) context.fillText(b.text, b.x + 8, y);
  context.font = `700 ${Math.round(16 * size)}px ${font}`;
  const length = duration(ends[1].t_ns - ends[0].t_ns);
  const wide = context.measureText(length).width;
  context.fillText(length, Math.min((a.x + b.x - wide) / 2, layout.width - wide - 2), y + 13 * size);
}

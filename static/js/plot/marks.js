// What stands on the lanes and is no bar: the axis, wake arrows, the reader's guess, the playhead.
import { instant } from "../engine/scale.js";
import { groupAt } from "./layout.js";

/** @typedef {import("./pen.js").Pen} Pen */
/** @typedef {import("./layout.js").Layout} Layout */
/** @typedef {import("./layout.js").Row} Row */
/** @typedef {import("./layout.js").Group} Group */
/** @typedef {{ x: number, from: Row | null, to: Row }} Wake */

/** @param {Pen} pen @param {Layout} layout */
export function paintAxis(pen, layout) {
  const { context, theme, size } = pen;
  const ticks = layout.clock.ticks(Math.max(2, Math.floor(layout.clock.width / ((layout.narrow ? 66 : 80) * size))));
  context.font = `400 ${Math.round(12 * size)}px ${pen.font}`;
  context.textBaseline = "middle";
  for (const { t_ns, text } of ticks) {
    const x = Math.round(layout.left + layout.clock.x(t_ns)) + 0.5;
    context.fillStyle = theme.line;
    for (const group of layout.groups)
      context.fillRect(x - 0.5, group.rows[0].y - 3, 1, group.y + group.height - group.rows[0].y + 3);
    context.fillStyle = theme.muted;
    const wide = context.measureText(text).width;
    context.textAlign = "left";
    context.fillText(
      text,
      Math.min(Math.max(x - wide / 2, layout.left - 4), layout.width - wide - 2),
      (layout.top ?? 0) + layout.axis / 2,
    );
  }
}

/** A thin rule above each trial but the first. @param {Pen} pen @param {Layout} layout */
export function paintTrialRules({ context, theme }, layout) {
  if (!layout.relative) return;
  context.fillStyle = theme.line;
  for (const group of layout.groups.slice(1)) context.fillRect(0, group.y - 1, layout.width, 1);
}

/** Which wake-ups get an arrow: those of the selected row; without one all, or none where a lesson opens without arrows.
 * @param {Wake[]} wakes @param {Row | null} chosen @param {"selected"} [arrows] */
export function visibleWakes(wakes, chosen, arrows) {
  if (!chosen) return arrows === "selected" ? [] : wakes;
  return wakes.filter((one) => one.to === chosen || one.from === chosen);
}

/** An arrow from the lane of the waker to the lane of the sleeper; from nowhere if the waker is outside the picture.
 * @param {Pen} pen @param {Wake[]} wakes @param {number} room most arrows that can still be told apart */
export function paintWakes(pen, wakes, room) {
  if (wakes.length > room) return;
  const { context, theme } = pen;
  context.strokeStyle = context.fillStyle = theme.accent;
  context.lineWidth = 1.5;
  for (const { x, from, to } of wakes) {
    const down = !from || from.y < to.y;
    const tip = down ? to.y : to.y + to.height;
    const start = from ? (down ? from.y + from.height : from.y) : to.y - 10;
    const bow = Math.abs(tip - start) > 30 ? 12 : 0; // past lanes between the two, beside their bars' edges
    const sign = down ? -1 : 1;
    context.beginPath();
    context.moveTo(x, start);
    context.bezierCurveTo(x - bow, start - sign * 8, x - bow, tip + sign * 14, x, tip + sign * 5);
    context.stroke();
    context.beginPath();
    context.moveTo(x, tip);
    context.lineTo(x - 4.5, tip + sign * 7);
    context.lineTo(x + 4.5, tip + sign * 7);
    context.fill();
    if (from) paintArrowStart(pen, x, start + sign * 3);
  }
}

/** Where an arrow begins: in the bar of the waker. @param {Pen} pen @param {number} x @param {number} y */
function paintArrowStart({ context, theme }, x, y) {
  context.beginPath();
  context.arc(x, y, 3.5, 0, 2 * Math.PI);
  context.fill();
  context.strokeStyle = theme.panel;
  context.lineWidth = 1;
  context.stroke();
  context.strokeStyle = theme.accent;
  context.lineWidth = 1.5;
}

/** Where in a trial a guess lies, in ms. @param {import("../engine/timeline.js").Timeline} timeline
 * @param {number | undefined} trial @param {string} guess */
export const guessMs = ({ values }, trial, guess) =>
  values.get(`guess:${guess}@${trial}`) ?? values.get(`guess:${guess}`);

/** The guess, where the lesson says what it implies: a dashed mark with its words, in its trial or in all.
 * @param {Pen} pen @param {Layout} layout @param {import("../engine/timeline.js").Timeline} timeline @param {string} guess @param {string} text */
export function paintGuess(pen, layout, timeline, guess, text) {
  for (const group of layout.groups) {
    const ms = guessMs(timeline, group.trial?.trial, guess);
    if (ms === undefined) continue;
    const x = layout.left + group.scale.x((group.trial?.from_ns ?? 0) + ms * 1e6);
    if (x < layout.left || x > layout.left + layout.clock.width) continue;
    paintGuessLine(pen, x, group.rows[0].y - 7, group.y + group.height - 2, text, layout.left + layout.clock.width);
  }
}

/** @param {Pen} pen @param {number} x @param {number} top @param {number} bottom @param {string} text @param {number} right */
function paintGuessLine(pen, x, top, bottom, text, right) {
  const { context, theme, size } = pen;
  context.strokeStyle = theme.accent;
  context.lineWidth = 2;
  context.setLineDash([6, 4]);
  context.beginPath();
  context.moveTo(x, top);
  context.lineTo(x, bottom);
  context.stroke();
  context.setLineDash([]);
  context.font = `700 ${Math.round(12 * size)}px ${pen.font}`;
  const wide = context.measureText(text).width + 12;
  const high = Math.round(19 * size);
  const from = x + wide > right ? x - wide : x;
  context.fillStyle = theme.accent;
  context.fillRect(from, top - high + 4, wide, high);
  context.fillStyle = theme.panel;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(text, from + 6, top - high / 2 + 4.5);
}

/** The hairline of now, with its instant; in the other trials the same moment of their own clock, thin and dashed.
 * @param {Pen} pen @param {Layout} layout @param {number} t_ns */
export function paintPlayhead(pen, layout, t_ns) {
  const { context, theme, size } = pen;
  const home = groupAt(layout, t_ns);
  if (!home) return;
  const x = layout.left + home.scale.x(t_ns);
  if (x < layout.left - 1 || x > layout.left + layout.clock.width + 1) return;
  context.fillStyle = theme.playhead;
  for (const group of layout.groups) {
    const [top, bottom] = [group.rows[0].y - 5, group.y + group.height - 2];
    if (group === home || !layout.relative) context.fillRect(x - 0.75, top, 1.5, bottom - top);
    else for (let y = top; y < bottom; y += 6) context.fillRect(x - 0.5, y, 1, 2);
  }
  context.font = `600 ${Math.round(12 * size)}px ${pen.font}`;
  const text = instant(t_ns - home.zero_ns);
  const wide = context.measureText(text).width;
  context.textAlign = "left";
  context.textBaseline = "middle";
  const from = Math.min(Math.max(layout.left - 4, x + 6), layout.width - wide - 2);
  context.fillText(text, from, layout.height - (layout.below ?? 0) - 9 * size);
}

/** Where the step's moment is, while the playhead is elsewhere. @param {Pen} pen @param {Layout} layout @param {number} t_ns */
export function paintMoment({ context, theme }, layout, t_ns) {
  const home = groupAt(layout, t_ns);
  if (!home) return;
  const x = layout.left + home.scale.x(t_ns);
  if (x < layout.left - 1 || x > layout.left + layout.clock.width + 1) return;
  const top = home.rows[0].y - 8;
  context.fillStyle = theme.accent;
  context.fillRect(x - 0.75, top, 1.5, home.y + home.height - top);
  context.beginPath();
  context.moveTo(x - 4.5, top - 5);
  context.lineTo(x + 4.5, top - 5);
  context.lineTo(x, top + 2);
  context.fill();
}

/** @param {Pen} pen @param {Layout} layout @param {[number, number]} range */
export function paintLoopRange({ context, theme }, layout, range) {
  const home = groupAt(layout, range[0]);
  if (!home) return;
  const from = Math.max(layout.left, layout.left + home.scale.x(range[0]));
  const to = Math.min(layout.left + layout.clock.width, layout.left + home.scale.x(range[1]));
  if (to <= from) return;
  const [top, bottom] = [home.rows[0].y - 8, home.y + home.height];
  context.globalAlpha = 0.12;
  context.fillStyle = theme.accent;
  context.fillRect(from, top, to - from, bottom - top);
  context.globalAlpha = 1;
  context.fillRect(from, top, 1.5, bottom - top);
  context.fillRect(to - 1.5, top, 1.5, bottom - top);
}

// What a row of calls shows beside its bars: arrows of submit, result and callback, the reader's guess, the veil after the end.
import { paintBar, paintVeil } from "../../plot/paint.js";

/** @typedef {import("../../plot/pen.js").Pen} Pen */
/** @typedef {import("./layout.js").CallLayout} CallLayout */
/** @typedef {import("./layout.js").CallGroup} CallGroup */
/** @typedef {import("../../plot/layout.js").Row} Row */

/** @param {Pen} pen @param {CallLayout} layout @param {string | null} guess a state of the caller's thread @param {string} text
 * @param {CallGroup | null} asked the call whose caller is not shown yet @param {[string, string]} [words] at the arrows to
 *   and from its worker */
export function paintCalls(pen, layout, guess, text, asked, words = ["", ""]) {
  const { context } = pen;
  context.save();
  context.beginPath();
  context.rect(layout.left, 0, layout.clock.width + 2, layout.height);
  context.clip();
  for (const group of layout.groups) {
    paintWash(pen, layout, group);
    if (group === asked) paintUnrevealed(pen, layout, group);
    if (group.guess && guess) paintGuess(pen, layout, group, guess, text);
    paintCallArrows(pen, layout, group);
    if (group === asked) nameArrows(pen, layout, group, words);
  }
  context.restore();
}

/** The caller's lane is what is asked about. @param {Pen} pen @param {CallLayout} layout @param {CallGroup} group */
function paintUnrevealed(pen, layout, group) {
  const [caller] = group.rows;
  pen.context.fillStyle = pen.theme.panel;
  pen.context.fillRect(layout.left, caller.y, layout.clock.width + 2, caller.height);
  paintVeil(pen, ...callEnds(layout, group), caller);
}

/** What goes to the worker and what comes back. @param {Pen} pen @param {CallLayout} layout @param {CallGroup} group
 * @param {[string, string]} words */
function nameArrows({ context, theme, size, font }, layout, group, words) {
  const [caller, worker] = group.rows;
  if (worker?.task !== group.call.worker) return;
  context.font = `400 ${Math.round(14 * size)}px ${font}`;
  context.fillStyle = theme.accent;
  context.textBaseline = "middle";
  callEnds(layout, group).forEach((x, end) => {
    context.textAlign = end ? "right" : "left";
    context.fillText(words[end], x + (end ? -9 : 9), (caller.y + caller.height + worker.y) / 2);
  });
}

/** Where a call begins and ends. @param {CallLayout} layout @param {CallGroup} group @returns {[number, number]} */
const callEnds = ({ left }, { scale, zero_ns, call }) => [left + scale.x(zero_ns), left + scale.x(call.end_ns)];

/** Before the call and after its end the lanes are none of this row's business. @param {Pen} pen @param {CallLayout} layout
 * @param {CallGroup} group */
function paintWash({ context, theme }, layout, group) {
  const [from, to] = callEnds(layout, group);
  const top = (group.rows[0]?.y ?? group.y) - 1;
  const high = group.y + group.height - top - 2;
  context.globalAlpha = 0.78;
  context.fillStyle = theme.panel;
  if (from > layout.left) context.fillRect(layout.left, top, from - layout.left - 1, high);
  if (group.call.over) context.fillRect(to + 2, top, layout.width - to, high);
  context.globalAlpha = 1;
}

/** The guess as a bar of its own above the caller's. @param {Pen} pen @param {CallLayout} layout @param {CallGroup} group
 * @param {string} guess @param {string} text */
function paintGuess(pen, layout, group, guess, text) {
  const { context, theme } = pen;
  const place = /** @type {{ y: number, height: number }} */ (group.guess);
  const [x, to] = callEnds(layout, group);
  context.globalAlpha = 0.55;
  paintBar(pen, { state: guess, x, to, y: place.y, height: place.height, text: "", open: false });
  context.globalAlpha = 1;
  context.strokeStyle = theme.accent;
  context.lineWidth = 2;
  context.setLineDash([6, 4]);
  context.strokeRect(x, place.y, to - x, place.height);
  context.setLineDash([]);
  paintLabel(pen, x + 8, place.y + place.height / 2, text);
}

/** @param {Pen} pen @param {number} x @param {number} y @param {string} text */
function paintLabel({ context, theme, size, font }, x, y, text) {
  context.font = `700 ${Math.round(12 * size)}px ${font}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  const wide = context.measureText(text).width;
  context.fillStyle = theme.panel;
  context.fillRect(x - 4, y - 8 * size, wide + 8, 16 * size);
  context.fillStyle = theme.accent;
  context.fillText(text, x, y + 0.5);
}

/** @param {Pen} pen @param {CallLayout} layout @param {CallGroup} group */
function paintCallArrows(pen, layout, group) {
  const { call, rows } = group;
  /** @param {number | null} task */
  const lane = (task) => rows.find((row) => row.task === task) ?? null;
  /** @param {number} t_ns */
  const x = (t_ns) => layout.left + group.scale.x(t_ns);
  const [caller, worker] = [lane(call.caller), lane(call.worker)];
  if (!caller) return;
  if (worker && call.computes_ns !== null) paintArrow(pen, x(group.zero_ns), caller, x(call.computes_ns), worker);
  if (worker && call.computed_ns !== null && call.over) {
    paintArrow(pen, x(call.computed_ns), worker, x(call.end_ns), lane(call.calls[0].notified_by) ?? caller);
  }
  for (const made of call.calls) {
    const at = made.how === "callback" && made.notified_ns !== null ? lane(made.notified_by) : null;
    if (at) paintCompletion(pen, x(/** @type {number} */ (made.notified_ns)), at);
  }
}

/** From the bar of one lane to that of another; a short one stands upright. @param {Pen} pen @param {number} from
 * @param {Row} a @param {number} to @param {Row} b */
function paintArrow({ context, theme, size }, from, a, to, b) {
  if (a === b) return;
  const down = b.y > a.y;
  const [start, tip] = down ? [a.y + a.height - 3, b.y + 1] : [a.y + 3, b.y + b.height - 1];
  const head = 6 * Math.sqrt(size);
  const length = Math.hypot(to - from, tip - start) || 1;
  const [ux, uy] = [(to - from) / length, (tip - start) / length];
  for (const [colour, wide] of /** @type {[string, number][]} */ ([
    [theme.panel, 4.5],
    [theme.accent, 2],
  ])) {
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = wide;
    context.beginPath();
    context.moveTo(from, start);
    context.lineTo(to - ux * head * 0.7, tip - uy * head * 0.7);
    context.stroke();
  }
  context.beginPath();
  context.moveTo(to + ux, tip + uy);
  context.lineTo(to - ux * head - uy * head * 0.62, tip - uy * head + ux * head * 0.62);
  context.lineTo(to - ux * head + uy * head * 0.62, tip - uy * head - ux * head * 0.62);
  context.fill();
  context.beginPath();
  context.arc(from, start, 3 * Math.sqrt(size), 0, 2 * Math.PI);
  context.fill();
}

/** A callback: a diamond in the lane of the thread that runs it. @param {Pen} pen @param {number} x @param {Row} row */
function paintCompletion({ context, theme }, x, row) {
  const half = Math.min(7, row.height / 2);
  const y = row.y + row.height / 2;
  context.beginPath();
  context.moveTo(x, y - half);
  context.lineTo(x + half, y);
  context.lineTo(x, y + half);
  context.lineTo(x - half, y);
  context.closePath();
  context.fillStyle = theme.accent;
  context.strokeStyle = theme.panel;
  context.lineWidth = 1.5;
  context.fill();
  context.stroke();
}

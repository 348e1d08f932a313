// The language of state on a canvas: one interval, one bar.

import { textWidth } from "./pen.js";

/** @typedef {import("./pen.js").Pen} Pen */
/** @typedef {{ state: string, x: number, to: number, y: number, height: number, text: string, open: boolean }} Bar */

const EDGE = 3;
const NARROWEST = 4; // no text is narrower
const TINY = 4; // below this a bar has no room for edges

/** @type {Record<string, (pen: Pen, bar: Bar) => void>} */
const PAINT = { running, ready, blocked, stopped, zombie };

/** @param {Pen} pen @param {Bar} bar */
export function paintBar(pen, bar) {
  if (bar.to - bar.x < TINY) return paintNarrow(pen, bar);
  PAINT[bar.state]?.(pen, bar);
  if (bar.open) fadeOpenEnd(pen, bar);
}

/** Too short for edges: its colour, at least half a pixel wide. @param {Pen} pen @param {Bar} bar */
function paintNarrow({ context, theme }, bar) {
  const colour = { running: theme.running, ready: theme.readyEdge, blocked: theme.blocked, stopped: theme.stopped };
  context.globalAlpha = bar.state === "ready" ? 0.75 : 1;
  context.fillStyle = colour[/** @type {keyof typeof colour} */ (bar.state)] ?? theme.muted;
  const width = Math.max(bar.state === "running" ? 1 : 0.5, bar.to - bar.x);
  context.fillRect(bar.x, bar.y, width, bar.height);
  context.globalAlpha = 1;
}

/** @param {Pen} pen @param {Bar} bar */
function running(pen, bar) {
  const { context, theme } = pen;
  context.fillStyle = theme.running;
  context.fillRect(bar.x, bar.y, bar.to - bar.x, bar.height);
  paintText(pen, bar, theme.runningInk, 700, 2);
}

/** @param {Pen} pen @param {Bar} bar */
function ready({ context, theme, hatch }, bar) {
  const width = bar.to - bar.x;
  context.fillStyle = hatch;
  context.fillRect(bar.x, bar.y, width, bar.height);
  context.strokeStyle = theme.readyEdge;
  context.lineWidth = width < 8 ? 1 : 1.5;
  const half = context.lineWidth / 2;
  context.strokeRect(bar.x + half, bar.y + half, width - 2 * half, bar.height - 2 * half);
}

/** @param {Pen} pen @param {Bar} bar */
function blocked(pen, bar) {
  const { context, theme } = pen;
  const width = bar.to - bar.x;
  context.fillStyle = theme.blocked;
  context.fillRect(bar.x, bar.y, width, bar.height);
  const edge = Math.min(EDGE, width / 4);
  context.fillStyle = theme.blockedEdge;
  context.fillRect(bar.x, bar.y, edge, bar.height);
  if (!bar.open) context.fillRect(bar.to - edge, bar.y, edge, bar.height);
  paintText(pen, bar, theme.ink, 400, 9);
}

/** @param {Pen} pen @param {Bar} bar */
function stopped(pen, bar) {
  const { context, theme } = pen;
  const third = Math.round(bar.height * 0.36);
  context.fillStyle = theme.stopped;
  context.fillRect(bar.x, bar.y, bar.to - bar.x, third);
  context.fillRect(bar.x, bar.y + bar.height - third, bar.to - bar.x, third);
}

/** @param {Pen} pen @param {Bar} bar */
function zombie(pen, bar) {
  const { context, theme } = pen;
  context.strokeStyle = theme.zombie;
  context.lineWidth = 1.25;
  context.setLineDash([4, 3]);
  context.strokeRect(bar.x + 0.75, bar.y + 0.75, bar.to - bar.x - 1.5, bar.height - 1.5);
  context.setLineDash([]);
  paintText(pen, bar, theme.ink, 400, 4);
}

/** The cap after a task's last interval: its exit code or its signal, on the bar where the canvas ends. @param {Pen} pen @param {number} x @param {number} y
 * @param {number} height @param {string} text @param {boolean} killed */
export function paintExit(pen, x, y, height, text, killed) {
  const { context, theme } = pen;
  context.fillStyle = killed ? theme.playhead : theme.zombie;
  context.fillRect(x - 1, y - 2, 2, height + 4);
  context.font = `${killed ? 700 : 400} ${Math.round(11 * pen.size)}px ${pen.font}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  const wide = textWidth(context, context.font, text);
  const from = x + 5 + wide <= context.canvas.width / pen.density ? x + 5 : x - 5 - wide;
  if (from < x) {
    const ink = context.fillStyle;
    context.fillStyle = theme.panel;
    context.fillRect(from - 3, y + 2, wide + 6, height - 4);
    context.fillStyle = ink;
  }
  context.fillText(text, from, y + height / 2 + 0.5);
}

/** Text in a bar where there is room for it: the core of short bars in the middle, a reason at the visible left.
 * @param {Pen} pen @param {Bar} bar @param {string} ink @param {number} weight @param {number} pad */
function paintText(pen, bar, ink, weight, pad) {
  if (!bar.text) return;
  const { context } = pen;
  const from = Math.max(bar.x, pen.left);
  const room = Math.min(bar.to, pen.right) - from;
  const font = `${weight} ${Math.round(Math.min(12 * pen.size, bar.height * 0.72))}px ${pen.font}`;
  if (room < 2 * pad + NARROWEST || textWidth(context, font, bar.text) + 2 * pad > room) return;
  context.font = font;
  context.fillStyle = ink;
  context.textBaseline = "middle";
  context.textAlign = pad > 4 ? "left" : "center";
  context.fillText(bar.text, pad > 4 ? from + pad : from + room / 2, bar.y + bar.height / 2 + 0.5);
}

/** An interval that has not ended fades at its open end. @param {Pen} pen @param {Bar} bar */
function fadeOpenEnd({ context }, bar) {
  const from = Math.max(bar.x, bar.to - 36);
  const veil = context.createLinearGradient(from, 0, bar.to, 0);
  veil.addColorStop(0, "transparent");
  veil.addColorStop(1, "black");
  context.globalCompositeOperation = "destination-out";
  context.fillStyle = veil;
  context.fillRect(from, bar.y - 1, bar.to - from + 1, bar.height + 2);
  context.globalCompositeOperation = "source-over";
}

/** What is not shown yet: dots and a question mark, as on the home page, and no box: a dashed one is a zombie.
 * @param {Pen} pen @param {number} x @param {number} to @param {{ y: number, height: number }} row */
export function paintVeil({ context, theme, size, font }, x, to, { y, height }) {
  const middle = y + height / 2;
  const mark = Math.round(Math.min(24 * size, height * 0.7));
  context.fillStyle = theme.panel;
  context.fillRect(x, y, to - x, height);
  context.fillStyle = theme.control;
  for (let at = x + 6; at < to - 3; at += 9) {
    if (Math.abs(at - (x + to) / 2) > mark) context.fillRect(at, middle - 1, 2, 2);
  }
  context.font = `700 ${mark}px ${font}`;
  context.fillStyle = theme.accent;
  context.textAlign = "center";
  context.textBaseline = "middle";
  if (to - x > mark) context.fillText("?", (x + to) / 2, middle + 1);
}

/** Lost records: the lane is torn here. @param {Pen} pen @param {number} x @param {number} top @param {number} bottom */
export function paintLostMark({ context, theme }, x, top, bottom) {
  context.fillStyle = theme.panel;
  context.strokeStyle = theme.muted;
  context.lineWidth = 1;
  for (const [shift, filled] of /** @type {[number, boolean][]} */ ([
    [0, true],
    [-4, false],
    [4, false],
  ])) {
    context.beginPath();
    for (let y = top, side = 1; y <= bottom; y += 5, side = -side) context.lineTo(x + shift + side * 2.5, y);
    if (filled) {
      context.lineWidth = 8;
      context.strokeStyle = theme.panel;
    } else {
      context.lineWidth = 1;
      context.strokeStyle = theme.muted;
    }
    context.stroke();
  }
}

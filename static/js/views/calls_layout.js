// @ts-check
// Where every call's row and its lanes lie, in the shape the lanes' painters know; pure geometry, it draws nothing.
import { createScale } from "../scale.js";
import { windowOf } from "./lanes_layout.js";

/** @typedef {import("./calls_read.js").Call} Call */
/** @typedef {import("./lanes_layout.js").Row} Row */
/**
 * @typedef {import("./lanes_layout.js").Group & { call: Call, focus: boolean, guess: { y: number, height: number } | null,
 *   head: number }} CallGroup
 * @typedef {Omit<import("./lanes_layout.js").Layout, "groups"> & { groups: CallGroup[], columns: number, column: number,
 *   labels: number }} CallLayout  `columns` figures of `column` pixels each stand at the right of the lanes
 * @typedef {{ calls: Call[], width: number, from_ns: number, to_ns: number, end_ns: number, size: number, budget: number,
 *   focus: Call | null, guessed: boolean }} Wanted
 */

const GAP = 6;         // between the lanes of a call: room for the tips of its arrows
const PAD = 5;         // above and below the lanes of a row
const HELPER = 16;     // a helper thread's lane
const FOOT = 20;

/** @param {Wanted} wanted @returns {CallLayout} */
export function layOutCalls(wanted) {
  const { calls, width, end_ns, size } = wanted;
  const narrow = width < 560;
  const left = narrow ? 4 : Math.round(Math.min(232 * size, width * 0.34));
  const columns = narrow ? 0 : width > 760 * size ? 3 : 2;
  const column = Math.round(68 * size);
  const plot = Math.max(40, width - left - columns * column - (narrow ? 4 : 10));
  const spans = calls.map((call) => ({ from_ns: call.calls[0].from_ns, to_ns: Math.max(call.end_ns, call.calls[0].from_ns + 1) }));
  const shown = windowOf(spans.length === 1 ? [...spans, ...spans] : spans, wanted.from_ns, wanted.to_ns, end_ns);
  const axis = Math.round(25 * size);
  /** @type {CallLayout} */
  const layout = { width, height: 0, left, axis, size, narrow, relative: true, pitch: 24, columns, column,
    labels: narrow ? 0 : Math.round(62 * size), clock: createScale(shown.from_ns, shown.to_ns, plot), anchor_ns: shown.anchor_ns,
    low_ns: shown.low_ns, high_ns: shown.high_ns, groups: [], rows: [] };
  const lane = laneHeight(wanted, narrow, axis);
  let y = axis + 2;
  let most = 0;
  for (const call of calls) {
    const group = place(layout, wanted, call, y, lane);
    most = Math.max(most, room(call) - (group.focus ? room(call) : 0));
    y += group.height;
  }
  const spare = calls.length ? Math.max(0, ...calls.map(room)) - (wanted.focus ? room(wanted.focus) : 0) : 0;
  layout.height = Math.round(y + spare * size + FOOT * size);    // the same whichever call is in focus: nothing below jumps
  return layout;
}

/** Extra height a call needs when it is in focus: the lanes of its helper threads. @param {Call} call */
const room = (call) => Math.max(0, call.helpers.length - (shownHelper(call) ? 1 : 0)) * (HELPER + 3);

/** The helper that always has a lane: the one that runs a callback. @param {Call} call */
const shownHelper = (call) => call.helpers.find((task) => call.calls.some((one) => one.learner === task)) ?? null;

/** Height of a caller's lane: what the screen leaves, within reason. @param {Wanted} wanted @param {boolean} narrow
 * @param {number} axis */
function laneHeight({ calls, budget, size }, narrow, axis) {
  const extra = Math.max(0, ...calls.map(room)) + (narrow ? 42 * calls.length : 0);
  const each = (budget - axis - FOOT * size - extra * size) / Math.max(1, calls.length);
  return Math.round(Math.max(12, Math.min(22, (each / size - GAP - 2 * PAD) / 2)) * size);
}

/** @param {CallLayout} layout @param {Wanted} wanted @param {Call} call @param {number} top @param {number} lane
 * @returns {CallGroup} */
function place(layout, wanted, call, top, lane) {
  const { clock, size, narrow } = layout;
  const zero_ns = call.calls[0].from_ns;
  const focus = call === wanted.focus;
  /** @type {CallGroup} */
  const group = { call, focus, trial: call.trial, zero_ns, to_ns: call.end_ns, y: top, height: 0, rows: [], guess: null,
    head: narrow ? Math.round(42 * size) : 0, scale: createScale(clock.from_ns + zero_ns, clock.to_ns + zero_ns, clock.width) };
  let y = top + PAD * size + group.head;
  if (wanted.guessed && call.worker !== null && call.calls[0].result === "value") {
    group.guess = { y, height: lane };
    y += lane + 3 * size;
  }
  for (const task of lanesOf(call, focus)) {
    const height = call.helpers.includes(task) ? Math.min(lane, HELPER * size) : lane;
    const row = { key: `${call.trial.trial}/${task}`, task, cpu: null, y: Math.round(y), height, group };
    group.rows.push(row);
    layout.rows.push(row);
    y += height + (call.helpers.includes(task) ? 3 : GAP) * size;
  }
  const least = (narrow ? 0 : focus ? 56 : 40) * size;
  group.height = Math.round(Math.max(least, y - GAP * size - top + PAD * size));
  layout.groups.push(group);
  return group;
}

/** The lanes of a call: caller, worker, and helper threads where they are looked at or run a callback.
 * @param {Call} call @param {boolean} focus */
function lanesOf(call, focus) {
  const shown = shownHelper(call);
  const helpers = focus ? call.helpers : shown === null ? [] : [shown];
  return [call.caller, ...(call.worker === null ? [] : [call.worker]), ...helpers];
}

/** The row of a call under a point. @param {CallLayout} layout @param {number} y */
export const groupUnder = (layout, y) => layout.groups.find((group) => y >= group.y && y < group.y + group.height) ?? null;

/** The same moment of another call's clock, kept within that call. @param {Call} to @param {Call | null} from
 * @param {number} t_ns */
export function sameMoment(to, from, t_ns) {
  const since = from ? t_ns - from.calls[0].from_ns : (to.end_ns - to.calls[0].from_ns) / 2;
  return Math.round(Math.min(Math.max(to.calls[0].from_ns + Math.max(0, since), to.calls[0].from_ns), to.end_ns));
}

// @ts-check
// Where every call's row and its lanes lie, in the shape the lanes' painters know; pure geometry, it draws nothing.
import { createScale } from "../../engine/scale.js";
import { windowOf } from "../../plot/layout.js";

/** @typedef {import("./read.js").Call} Call */
/** @typedef {import("../../plot/layout.js").Row} Row */
/**
 * @typedef {import("../../plot/layout.js").Group & { call: Call, focus: boolean, guess: { y: number, height: number } | null,
 *   head: number }} CallGroup
 * @typedef {Omit<import("../../plot/layout.js").Layout, "groups"> & { groups: CallGroup[], columns: number, column: number,
 *   labels: number, tight: boolean }} CallLayout  `columns` figures of `column` pixels each stand at the right of the lanes;
 *   `tight`: no room for the third line of words
 * @typedef {{ calls: Call[], width: number, from_ns: number, to_ns: number, end_ns: number, size: number, budget: number,
 *   focus: Call | null, guessed: boolean, few: boolean }} Wanted  `few`: no more lanes than a back row can read
 */

/**
 * @typedef {{ gap: number, pad: number, helper: number, head: number, focus: number, least: number, most: number }} Fit
 *   pixels at text of 16 px: `gap` between the lanes of a call, room for the tips of its arrows; `pad` above and below
 *   them; `helper` a helper thread's lane; `head` two lines of words, `focus` those of the call that is looked at;
 *   `least` and `most` of a row of two lanes
 */
/** @type {Record<"roomy" | "tight" | "few", Fit>} */
const FITS = {
  roomy: { gap: 6, pad: 5, helper: 15, head: 40, focus: 58, least: 44, most: 54 },
  tight: { gap: 4, pad: 1.5, helper: 12, head: 36, focus: 36, least: 37, most: 37 },
  few: { gap: 6, pad: 5, helper: 15, head: 34, focus: 34, least: 34, most: 54 },
};
const FOOT = 20;

/** The rows as roomy as the height to keep to allows. @param {Wanted} wanted @returns {CallLayout} */
export function layOutCalls(wanted) {
  if (wanted.few) return layOutAs(wanted, FITS.few);
  const roomy = layOutAs(wanted, FITS.roomy);
  return roomy.narrow || roomy.height <= wanted.budget ? roomy : layOutAs(wanted, FITS.tight);
}

/** @param {Wanted} wanted @param {Fit} as @returns {CallLayout} */
function layOutAs(wanted, as) {
  const { calls, width, end_ns, size } = wanted;
  const narrow = width < 560;
  const left = narrow ? 4 : Math.round(Math.min(248 * size, width * 0.36));
  const columns = narrow ? 0 : width > 760 * size ? 3 : 2;
  const column = Math.round(68 * size);
  const plot = Math.max(40, width - left - columns * column - (narrow ? 4 : 10));
  const spans = calls.map((call) => ({ from_ns: call.calls[0].from_ns, to_ns: Math.max(call.end_ns, call.calls[0].from_ns + 1) }));
  const shown = windowOf(spans.length === 1 ? [...spans, ...spans] : spans, wanted.from_ns, wanted.to_ns, end_ns);
  const axis = Math.round(25 * size);
  /** @type {CallLayout} */
  const layout = { width, height: 0, left, axis, size, narrow, relative: true, pitch: 24, columns, column, tight: as === FITS.tight,
    labels: narrow ? 0 : Math.round(62 * size), clock: createScale(shown.from_ns, shown.to_ns, plot), anchor_ns: shown.anchor_ns,
    low_ns: shown.low_ns, high_ns: shown.high_ns, groups: [], rows: [] };
  const lane = laneHeight(wanted, as, narrow, axis);
  let y = axis + 2;
  for (const call of calls) y += place(layout, wanted, as, call, y, lane).height;
  /** @param {Call} call */
  const extra = (call) => stack(wanted, as, call, true, lane, narrow).height - stack(wanted, as, call, false, lane, narrow).height;
  const spare = Math.max(0, ...calls.map(extra)) - (wanted.focus ? extra(wanted.focus) : 0);
  layout.height = Math.round(y + spare + FOOT * size);    // the same whichever call is in focus: nothing below jumps
  return layout;
}

/** The helper that always has a lane: the one that runs a callback. @param {Call} call */
const shownHelper = (call) => call.helpers.find((task) => call.calls.some((one) => one.learner === task)) ?? null;

/** Height of a caller's lane: what the screen leaves, within reason. @param {Wanted} wanted @param {Fit} as
 * @param {boolean} narrow @param {number} axis */
function laneHeight({ calls, budget, size, few }, as, narrow, axis) {
  const helpers = few ? 0 : Math.max(0, ...calls.map((call) => call.helpers.length)) * (as.helper + 3);
  const heads = narrow ? 42 * calls.length : 0;
  const each = (budget - axis - FOOT * size - helpers - heads) / Math.max(1, calls.length);
  const least = few ? as.least * size : as.least;    // what the words at the left need anyhow
  return Math.round((Math.max(least, Math.min(as.most * size, each)) - as.gap - 2 * as.pad) / 2);
}

/** The lanes of one call from its own top down. @param {Wanted} wanted @param {Fit} as @param {Call} call
 * @param {boolean} focus @param {number} lane @param {boolean} narrow */
function stack({ size, guessed, few }, as, call, focus, lane, narrow) {
  const head = narrow ? Math.round(FITS.roomy.head * 1.05 * size) : 0;
  const shown = shownHelper(call);
  const helpers = focus && !few ? call.helpers : shown === null ? [] : [shown];
  let y = as.pad + head;
  const guess = guessed && call.worker !== null && call.calls[0].result === "value" ? { y, height: lane } : null;
  if (guess) y += lane + 3;
  const lanes = [];
  for (const task of call.worker === null ? [call.caller] : [call.caller, call.worker]) {
    lanes.push({ task, y, height: lane });
    y += lane + as.gap;
  }
  const words = narrow ? 0 : size * (focus ? as.focus : as.head);
  if (helpers.length) y = Math.max(y, words);    // their names are long and need the room below the call's own words
  for (const task of helpers) {
    lanes.push({ task, y, height: Math.min(lane, as.helper) });
    y += Math.min(lane, as.helper) + 3;
  }
  return { head, guess, lanes, height: Math.round(Math.max(words, y - (helpers.length ? 3 : as.gap) + as.pad)) };
}

/** @param {CallLayout} layout @param {Wanted} wanted @param {Fit} as @param {Call} call @param {number} top
 * @param {number} lane @returns {CallGroup} */
function place(layout, wanted, as, call, top, lane) {
  const { clock } = layout;
  const zero_ns = call.calls[0].from_ns;
  const focus = call === wanted.focus;
  const { head, guess, lanes, height } = stack(wanted, as, call, focus, lane, layout.narrow);
  /** @type {CallGroup} */
  const group = { call, focus, trial: call.trial, zero_ns, to_ns: call.end_ns, y: top, height, rows: [], head,
    guess: guess && { ...guess, y: top + guess.y },
    scale: createScale(clock.from_ns + zero_ns, clock.to_ns + zero_ns, clock.width) };
  for (const each of lanes) {
    const row = { key: `${call.trial.trial}/${each.task}`, task: each.task, cpu: null, y: Math.round(top + each.y),
      height: each.height, group };
    group.rows.push(row);
    layout.rows.push(row);
  }
  layout.groups.push(group);
  return group;
}

/** The row of a call under a point. @param {CallLayout} layout @param {number} y */
export const groupUnder = (layout, y) => layout.groups.find((group) => y >= group.y && y < group.y + group.height) ?? null;

/** The same moment of another call's clock, kept within that call. @param {Call} to @param {Call | null} from
 * @param {number} t_ns */
export function sameMoment(to, from, t_ns) {
  const since = from ? t_ns - from.calls[0].from_ns : (to.end_ns - to.calls[0].from_ns) / 2;
  return Math.round(Math.min(Math.max(to.calls[0].from_ns + Math.max(0, since), to.calls[0].from_ns), to.end_ns));
}

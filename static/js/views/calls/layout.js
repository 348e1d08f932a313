// Where every call's row and its lanes lie, in the shape the lanes' painters know; pure geometry.
import { AXIS, addRow, createGroup, FOOT, NARROW, sharedClock } from "../../plot/layout.js";
import { visibleWindow } from "../../plot/trial_window.js";

/** @typedef {import("./read.js").Call} Call */
/** @typedef {import("../../plot/layout.js").Row} Row */
/**
 * @typedef {import("../../plot/layout.js").Group & { call: Call, focus: boolean, guess: { y: number, height: number } | null,
 *   head: number }} CallGroup
 * @typedef {Omit<import("../../plot/layout.js").Layout, "groups"> & { groups: CallGroup[], columns: number, column: number,
 *   labels: number, tight: boolean }} CallLayout  `columns` figures of `column` pixels each stand at the right of the lanes;
 *   `tight`: no room for the third line of words
 * @typedef {{ calls: Call[], width: number, from_ns: number, to_ns: number, end_ns: number, size: number, budget: number,
 *   focus: Call | null, guessed: boolean, few: boolean, bare?: boolean }} Wanted  `few`: no more lanes than a back row can
 *   read; `bare`: without figures
 */

/**
 * @typedef {{ gap: number, pad: number, helper: number, head: number, focus: number, least: number, most: number }} Fit
 *   pixels at text of 16 px: `gap` between the lanes of a call, room for the tips of its arrows; `pad` above and below
 *   them; `helper` a helper thread's lane; `head` two lines of words, `focus` those of the call that is looked at;
 *   `least` and `most` of a row of two lanes
 */
/** @type {Record<"roomy" | "tight" | "bare" | "few", Fit>} */
const FITS = {
  roomy: { gap: 6, pad: 5, helper: 15, head: 40, focus: 58, least: 44, most: 54 },
  tight: { gap: 4, pad: 1.5, helper: 12, head: 36, focus: 36, least: 37, most: 37 },
  bare: { gap: 26, pad: 12, helper: 40, head: 40, focus: 58, least: 120, most: 152 },
  few: { gap: 6, pad: 5, helper: 15, head: 46, focus: 46, least: 46, most: 100 },
};

/** The rows as roomy as the height to keep to allows. @param {Wanted} wanted @returns {CallLayout} */
export function layoutCalls(wanted) {
  if (wanted.bare || wanted.few) return layoutVariant(wanted, wanted.bare ? FITS.bare : FITS.few);
  const roomy = layoutVariant(wanted, FITS.roomy);
  return roomy.narrow || roomy.height <= wanted.budget ? roomy : layoutVariant(wanted, FITS.tight);
}

/** @param {Wanted} wanted @param {Fit} as @returns {CallLayout} */
function layoutVariant(wanted, as) {
  const { calls, width, end_ns, size } = wanted;
  const narrow = width < NARROW;
  const left = narrow ? 4 : Math.round(Math.min(248 * size, width * (wanted.few ? 0.42 : 0.36)));
  const columns = narrow || wanted.bare ? 0 : width > 760 * size ? 3 : 2;
  const column = Math.round(68 * size);
  const plot = Math.max(40, width - left - columns * column - (narrow ? 4 : 10));
  const axis = Math.round(AXIS * size);
  /** @type {CallLayout} */
  const layout = {
    ...{ width, height: 0, left, axis, size, narrow, relative: true, pitch: 24, columns, column, groups: [], rows: [] },
    ...{ tight: as === FITS.tight, labels: narrow ? 0 : Math.round(62 * size) },
    ...sharedClock(visibleWindow(spansOf(calls), wanted.from_ns, wanted.to_ns, end_ns), plot),
  };
  const lane = laneHeight(wanted, as, narrow, axis);
  let y = axis + 2;
  for (const call of calls) y += placeCall(layout, wanted, as, call, y, lane).height;
  layout.height = Math.round(y + spareHeight(wanted, as, lane, narrow) + FOOT * size);
  return layout;
}

/** From a call to its end, twice if there is only one: a clock of its own is wanted all the same. @param {Call[]} calls */
function spansOf(calls) {
  const ranges = calls.map(({ calls: [{ from_ns }], end_ns }) => ({ from_ns, to_ns: Math.max(end_ns, from_ns + 1) }));
  return ranges.length === 1 ? [...ranges, ...ranges] : ranges;
}

/** Room for the lanes of any other call in focus: the height is the same whichever it is, and nothing below jumps.
 * @param {Wanted} wanted @param {Fit} as @param {number} lane @param {boolean} narrow */
function spareHeight(wanted, as, lane, narrow) {
  /** @param {Call} call */
  const extra = (call) =>
    placeRows(wanted, as, call, true, lane, narrow).height - placeRows(wanted, as, call, false, lane, narrow).height;
  return Math.max(0, ...wanted.calls.map(extra)) - (wanted.focus ? extra(wanted.focus) : 0);
}

/** Helper threads with a lane: all, or only the one that runs a callback. @param {Call} call @param {boolean} all */
const helpersOf = ({ helpers, calls }, all) =>
  all ? helpers : helpers.filter((task) => calls.some((made) => made.notified_by === task)).slice(0, 1);

/** Height of a caller's lane: what the screen leaves, within reason. @param {Wanted} wanted @param {Fit} as
 * @param {boolean} narrow @param {number} axis */
function laneHeight({ calls, budget, size, few }, as, narrow, axis) {
  const helpers = few ? 0 : Math.max(0, ...calls.map((call) => call.helpers.length)) * (as.helper + 3);
  const heads = narrow ? 42 * calls.length : 0;
  const each = (budget - axis - FOOT * size - helpers - heads) / Math.max(1, calls.length);
  const least = few ? as.least * size : as.least; // what the words at the left need anyhow
  return Math.round((Math.max(least, Math.min(as.most * size, each)) - as.gap - 2 * as.pad) / 2);
}

/** The lanes of one call from its own top down. @param {Wanted} wanted @param {Fit} as @param {Call} call
 * @param {boolean} focus @param {number} lane @param {boolean} narrow */
function placeRows({ size, guessed, few }, as, call, focus, lane, narrow) {
  const head = narrow ? Math.round(FITS.roomy.head * 1.05 * size) : 0;
  const words = narrow ? 0 : size * (focus ? as.focus : as.head);
  const guess = guessed && call.worker !== null && call.calls[0].result === "value";
  const top = as.pad + head;
  const first = guess ? top + lane + 3 : top;
  const pair = call.worker === null ? [call.caller] : [call.caller, call.worker];
  const lanes = pair.map((task, i) => ({ task, y: first + i * (lane + as.gap), height: lane }));
  const below = first + pair.length * (lane + as.gap);
  const helpers = helpersOf(call, focus && !few);
  const start = helpers.length ? Math.max(below, words) : below; // their names are long and need the room below the words
  const height = Math.min(lane, as.helper);
  lanes.push(...helpers.map((task, i) => ({ task, y: start + i * (height + 3), height })));
  const end = helpers.length ? start + helpers.length * (height + 3) - 3 : start - as.gap;
  return {
    ...{ head, lanes, guess: guess ? { y: top, height: lane } : null },
    height: Math.round(Math.max(words, end + as.pad)),
  };
}

/** @param {CallLayout} layout @param {Wanted} wanted @param {Fit} as @param {Call} call @param {number} top
 * @param {number} lane @returns {CallGroup} */
function placeCall(layout, wanted, as, call, top, lane) {
  const { trial, end_ns, calls } = call;
  const focus = call === wanted.focus;
  const { head, guess, lanes, height } = placeRows(wanted, as, call, focus, lane, layout.narrow);
  const own = { call, focus, head, height, guess: guess && { ...guess, y: top + guess.y } };
  /** @type {CallGroup} */
  const group = { ...createGroup(layout, { trial, zero_ns: calls[0].from_ns, to_ns: end_ns, y: top }), ...own };
  for (const each of lanes) {
    addRow(layout, group, { ...each, key: `${trial.trial}/${each.task}`, cpu: null, y: Math.round(top + each.y) });
  }
  layout.groups.push(group);
  return group;
}

/** The row of a call under a point. @param {CallLayout} layout @param {number} y */
export const callAt = (layout, y) => layout.groups.find((group) => y >= group.y && y < group.y + group.height) ?? null;

/** The same moment of another call's clock, kept within that call. @param {Call} to @param {Call | null} from
 * @param {number} t_ns */
export function toOtherTrial(to, from, t_ns) {
  const since = from ? t_ns - from.calls[0].from_ns : (to.end_ns - to.calls[0].from_ns) / 2;
  return Math.round(Math.min(Math.max(to.calls[0].from_ns + Math.max(0, since), to.calls[0].from_ns), to.end_ns));
}

// Where every lane lies and which window of time it shows; pure geometry.

import { createScale } from "../engine/scale.js";
import { visibleWindow } from "./trial_window.js";

/** @typedef {import("../engine/timeline.js").Timeline} Timeline */
/** @typedef {import("../engine/timeline.js").Trial} Trial */
/** @typedef {import("../engine/timeline.js").TaskInfo} TaskInfo */
/** @typedef {import("../types").Scale} Scale */
/**
 * @typedef {{ key: string, task: number | null, cpu: number | null, y: number, height: number,
 *   group: Group }} Row
 * @typedef {{ trial: Trial | null, zero_ns: number, to_ns: number, y: number, height: number, scale: Scale,
 *   rows: Row[] }} Group
 * @typedef {{ width: number, height: number, left: number, axis: number, size: number, narrow: boolean,
 *   relative: boolean, clock: Scale, anchor_ns: number, low_ns: number, high_ns: number, groups: Group[], rows: Row[], pitch: number,
 *   top?: number, below?: number }} Layout  `top`: pixels above the axis, for the strip of the whole trial; `below`: those
 *   below the playhead's instant, for a bracket
 * @typedef {{ timeline: Timeline, mode: "task" | "core", width: number, from_ns: number, to_ns: number, end_ns: number,
 *   size: number, budget: number, few?: boolean, aside?: string[], measured?: boolean, veiled?: boolean,
 *   only?: import("../types").Scene["only"] }} Wanted  `budget`: pixels of height the picture should keep to;
 *   `measured`: with room for a bracket below them; `only`: the trials and tasks that are drawn, empty: all; `few`: on a projector nobody reads more than six lanes, so there those step back whom the others only talk to
 */

const HEADER = 27;
export const AXIS = 25;
export const FOOT = 20; // below the lanes: the playhead's instant
export const OVERVIEW = { head: 18, pitch: 16, fans: 28 }; // the whole trial above its window: zero and guess, lanes, two lines
const OVERVIEW_BELOW = 0.4; // of the trial: a wider window needs no strip
const BRACKET = 44; // below the lanes: a bracket and its length
const GAP = 4;
const BESIDE = { wide: 44, narrow: 12 }; // right of the lanes: the signal that ended a task, where there is room for it
export const NARROW = 560; // below this width there is no room for names beside the lanes
const MAX_PROJECTED = 6;

/** The common clock of a layout and its window. @param {ReturnType<typeof visibleWindow>} shown @param {number} plot pixels */
export function sharedClock({ from_ns, to_ns, anchor_ns, low_ns, high_ns }, plot) {
  return { clock: createScale(from_ns, to_ns, plot), anchor_ns, low_ns, high_ns };
}

/** A group of rows that counts from its own zero. @param {Pick<Layout, "clock">} layout
 * @param {Pick<Group, "trial" | "zero_ns" | "to_ns" | "y">} placeGroup @returns {Group} */
export function createGroup({ clock }, placeGroup) {
  const scale = createScale(clock.from_ns + placeGroup.zero_ns, clock.to_ns + placeGroup.zero_ns, clock.width);
  return { ...placeGroup, height: 0, scale, rows: [] };
}

/** @param {Pick<Layout, "rows">} layout @param {Group} group @param {Omit<Row, "group">} row */
export function addRow(layout, group, row) {
  const made = { ...row, group };
  group.rows.push(made);
  layout.rows.push(made);
}

/** @param {Wanted} wanted @returns {Layout} */
export function layoutLanes(wanted) {
  const { width, end_ns, size } = wanted;
  const narrow = width < NARROW;
  const left = Math.round((narrow ? (wanted.few ? 88 : 64) : wanted.few ? 104 : 128) * size); // a projector shows names without pids
  const parts = partition(wanted);
  const ranges = parts.filter((part) => part.trial).map((part) => rangeOf(part, end_ns));
  const shown = visibleWindow(ranges, wanted.from_ns, wanted.to_ns, end_ns, wanted.timeline.trials.length > 1);
  const axis = Math.round(AXIS * size);
  const head = shown.relative ? Math.round(HEADER * Math.min(size, 1 + (size - 1) / 2)) : 0;
  const heads = ranges.length * (head + (head ? GAP : 0));
  const foot = FOOT * size + (wanted.measured ? BRACKET * size : 0);
  const free = wanted.budget - axis - GAP - foot - heads;
  const rows = parts.reduce((sum, part) => sum + part.keys.length, 0);
  const top = narrow || free < rows * 30 ? 0 : overviewHeightFor(wanted, parts, free - rows * 30);
  const room = (narrow ? 0.8 : 1) * (free - top);
  const pitch = pitchOf(rows, narrow ? 0.84 * size : size, room, wanted.few ? 60 : 38);
  const beside = narrow ? BESIDE.narrow : Math.round(BESIDE.wide * size);
  const clock = sharedClock(shown, Math.max(40, width - left - beside));
  /** @type {Layout} */
  const layout = {
    ...{ width, height: 0, left, axis, top, below: foot - FOOT * size, size, narrow, relative: shown.relative, pitch },
    ...{ ...clock, groups: [], rows: [] },
  };
  let y = top + axis + GAP;
  for (const part of parts) y = place(layout, part, y, end_ns, part.trial ? head : 0);
  layout.height = Math.round(y + foot);
  return layout;
}

/** The height of the strip above the lanes of a window; 0 where it would say nothing. @param {number} lanes
 * @param {number} window_ns @param {number} span_ns */
export const overviewHeight = (lanes, window_ns, span_ns) =>
  lanes > 4 || window_ns > OVERVIEW_BELOW * span_ns ? 0 : OVERVIEW.head + lanes * OVERVIEW.pitch + OVERVIEW.fans;

/** @param {Wanted} wanted @param {Part[]} parts @param {number} free pixels */
function overviewHeightFor({ mode, few, veiled, from_ns, to_ns, end_ns }, parts, free) {
  if (mode !== "task" || few || veiled || parts.length !== 1) return 0;
  const range = rangeOf(parts[0], end_ns);
  const height = overviewHeight(parts[0].keys.length, to_ns - from_ns, range.to_ns - range.from_ns);
  return height > free ? 0 : height;
}

/** @typedef {{ trial: Trial | null, keys: { task: number | null, cpu: number | null }[] }} Part */

/** @param {Part} part @param {number} end_ns */
const rangeOf = (part, end_ns) => ({ from_ns: part.trial?.from_ns ?? 0, to_ns: part.trial?.to_ns ?? end_ns });

/** One part a trial that has tasks; tasks outside every trial come first. @param {Wanted} wanted @returns {Part[]} */
function partition(wanted) {
  const { timeline, mode, few = false, aside = [], only = { trials: [], tasks: [] } } = wanted;
  const fewer = few && !only.tasks.length && timeline.tasks.size > MAX_PROJECTED;
  return [null, ...timeline.trials].flatMap((trial) => {
    if (only.trials.length && !only.trials.includes(trial?.trial ?? -1)) return [];
    const born = timeline.tasksOf(trial?.trial ?? null);
    const all = only.tasks.length ? only.tasks.flatMap((task) => born.filter((each) => each.task === task)) : born;
    const shown = fewer ? all.filter(({ role }) => !aside.includes(role ?? "")) : all;
    const tasks = few ? projectedTasks(shown, wanted) : shown;
    if (!tasks.length) return [];
    const cores = timeline.cpus.map((cpu) => ({ task: null, cpu }));
    const keys = mode === "core" ? cores : tasks.map(({ task }) => ({ task, cpu: null }));
    return keys.length ? { trial, keys } : []; // a live run's first facts may come before anything was on a core
  });
}

/** At most six: first those that begin or end in the window, then those that are there. @param {TaskInfo[]} tasks @param {Wanted} wanted */
function projectedTasks(tasks, { from_ns, to_ns }) {
  if (tasks.length <= MAX_PROJECTED) return tasks;
  const inside = (/** @type {number | null} */ t_ns) => t_ns !== null && t_ns >= from_ns && t_ns <= to_ns;
  const there = tasks.filter(({ born_ns, died_ns }) => born_ns <= to_ns && (died_ns ?? to_ns) >= from_ns);
  const changing = there.filter(({ born_ns, died_ns }) => inside(born_ns) || inside(died_ns));
  const kept = new Set([...changing, ...there, ...tasks].slice(0, MAX_PROJECTED));
  return tasks.filter((each) => kept.has(each));
}

/** Distance between two lanes: generous for few, less where there is little room, never below a finger's 24 px.
 * @param {number} rows @param {number} size @param {number} room pixels for all of them @param {number} [most] */
export function pitchOf(rows, size, room, most = 38) {
  return Math.floor(Math.max(24, Math.min(most * size, room / Math.max(1, rows))));
}

/** @param {Layout} layout @param {Part} part @param {number} top @param {number} end_ns
 * @param {number} head height of the trial's name */
function place(layout, { trial, keys }, top, end_ns, head) {
  const zero_ns = layout.relative && trial ? trial.from_ns : 0;
  const group = createGroup(layout, { trial, zero_ns, to_ns: trial?.to_ns ?? end_ns, y: top });
  const height = Math.round(layout.pitch - Math.max(5, layout.pitch * 0.3));
  let y = top + head;
  for (const { task, cpu } of keys) {
    addRow(layout, group, { key: `${trial?.trial ?? 0}/${task ?? `c${cpu}`}`, task, cpu, y, height });
    y += layout.pitch;
  }
  group.height = y - top;
  layout.groups.push(group);
  return y + (head ? GAP : 0);
}

/** The row under a point; null between groups. @param {Pick<Layout, "rows" | "pitch">} layout @param {number} y */
export function rowAt({ rows, pitch }, y) {
  return rows.find((row) => y >= row.y - 3 && y < row.y - 3 + pitch) ?? null;
}

/** The group whose trial holds an instant: the last that began before it.
 * @template {Group} G @param {{ groups: G[] }} layout @param {number} t_ns @returns {G | null} */
export function groupAt({ groups }, t_ns) {
  return groups.findLast(({ trial }) => trial && trial.from_ns <= t_ns) ?? groups[0] ?? null;
}

/** The CPUs a trial's seats stand for: those its tasks ran on, filled up to as many as it was given.
 * @param {Timeline} timeline @param {Trial | null} trial @param {Iterable<number>} used @returns {number[]} */
export function coresShown(timeline, trial, used) {
  const count = timeline.coresOf(trial);
  const seats = new Set(used);
  for (const cpu of timeline.cpus) if (seats.size < count) seats.add(cpu);
  return [...seats].sort((a, b) => a - b);
}

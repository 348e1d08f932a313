// @ts-check
// Where every lane lies and which window of time it shows; pure geometry, it draws nothing.
import { createScale } from "../engine/scale.js";
import { coresOf } from "../engine/cast.js";

/** @typedef {import("../engine/cast.js").Cast} Cast */
/** @typedef {import("../engine/cast.js").Trial} Trial */
/** @typedef {import("../types").Scale} Scale */
/**
 * @typedef {{ key: string, task: number | null, cpu: number | null, y: number, height: number,
 *   group: Group }} Row
 * @typedef {{ trial: Trial | null, zero_ns: number, to_ns: number, y: number, height: number, scale: Scale,
 *   rows: Row[] }} Group
 * @typedef {{ width: number, height: number, left: number, axis: number, size: number, narrow: boolean,
 *   relative: boolean, clock: Scale, anchor_ns: number, low_ns: number, high_ns: number, groups: Group[], rows: Row[], pitch: number }} Layout
 * @typedef {{ cast: Cast, mode: "task" | "core", width: number, from_ns: number, to_ns: number, end_ns: number,
 *   size: number, budget: number, few?: boolean }} Wanted  `budget`: pixels of height the picture should keep to;
 *   `few`: on a projector nobody reads more than six lanes, so there those step back whom the others only talk to
 */

const HEADER = 27;
const AXIS = 25;
const FOOT = 20;
const MARGIN = 0.015;
const FEW = 6;

/** The visible window on the clock of the trials, each counted from its own zero. The player's window counts from
 * the run's start: the trial it overlaps most says where that is. With fewer than two trials nothing is shifted.
 * @param {{ from_ns: number, to_ns: number }[]} trials @param {number} from_ns @param {number} to_ns
 * @param {number} [end_ns]
 * @returns {{ from_ns: number, to_ns: number, anchor_ns: number, relative: boolean, low_ns: number, high_ns: number }} */
export function windowOf(trials, from_ns, to_ns, end_ns = to_ns) {
  if (trials.length < 2) return { from_ns, to_ns, anchor_ns: 0, relative: false, low_ns: 0, high_ns: Math.max(1, end_ns) };
  const longest = trials.reduce((a, b) => (b.to_ns - b.from_ns > a.to_ns - a.from_ns ? b : a));
  const span = Math.max(1, longest.to_ns - longest.from_ns);
  const [low_ns, high_ns] = [-MARGIN * span, (1 + MARGIN) * span];
  const all = { relative: true, low_ns, high_ns };
  const wide = to_ns - from_ns;
  if (wide >= high_ns - low_ns) return { ...all, from_ns: low_ns, to_ns: high_ns, anchor_ns: longest.from_ns };
  /** @param {{ from_ns: number, to_ns: number }} one */
  const overlap = (one) => Math.min(to_ns, one.to_ns) - Math.max(from_ns, one.from_ns);
  const anchor = trials.reduce((a, b) => (overlap(b) > overlap(a) ? b : a));
  const from = Math.min(Math.max(from_ns - anchor.from_ns, low_ns), high_ns - wide);
  return { ...all, from_ns: from, to_ns: from + wide, anchor_ns: anchor.from_ns };
}

/** @param {Wanted} wanted @returns {Layout} */
export function layOut(wanted) {
  const { width, end_ns, size } = wanted;
  const narrow = width < 560;
  const left = Math.round((narrow ? 64 : wanted.few ? 80 : 128) * size);    // a projector shows names without pids
  const parts = split(wanted);
  const spans = parts.filter((part) => part.trial).map((part) => spanOf(part, end_ns));
  const shown = windowOf(spans, wanted.from_ns, wanted.to_ns, end_ns);
  const plot = Math.max(40, width - left - 12);
  const axis = Math.round(AXIS * size);
  const head = shown.relative ? Math.round(HEADER * Math.min(size, 1 + (size - 1) / 2)) : 0;
  const room = (narrow ? 0.8 : 1) * (wanted.budget - axis - 4 - FOOT * size - spans.length * (head + (head ? 4 : 0)));
  const pitch = pitchOf(parts.reduce((sum, part) => sum + part.keys.length, 0), narrow ? 0.84 * size : size, room);
  /** @type {Layout} */
  const layout = { width, height: 0, left, axis, size, narrow, relative: shown.relative, pitch,
    clock: createScale(shown.from_ns, shown.to_ns, plot), anchor_ns: shown.anchor_ns,
    low_ns: shown.low_ns, high_ns: shown.high_ns, groups: [], rows: [] };
  let y = axis + 4;
  for (const part of parts) y = place(layout, part, y, end_ns, part.trial ? head : 0);
  layout.height = Math.round(y + FOOT * size);
  return layout;
}

/** @typedef {{ trial: Trial | null, keys: { task: number | null, cpu: number | null }[] }} Part */

/** @param {Part} part @param {number} end_ns */
const spanOf = (part, end_ns) => ({ from_ns: part.trial?.from_ns ?? 0, to_ns: part.trial?.to_ns ?? end_ns });

/** One part a trial that has tasks; tasks outside every trial come first. @param {Wanted} wanted @returns {Part[]} */
function split({ cast, mode, few = false }) {
  const all = [...cast.tasks.values()];
  const people = few && all.length > FEW ? all.filter((who) => who.role !== "peer") : all;
  /** @type {(Trial | null)[]} */
  const trials = [null, ...cast.trials];
  const parts = trials.map((trial) => {
    const own = people.filter((who) => who.trial === (trial ? trial.trial : null));
    return { trial, people: own };
  }).filter((part) => part.people.length > 0);
  return parts.map(({ trial, people: own }) => ({
    trial,
    keys: mode === "core" ? cast.cpus.map((cpu) => ({ task: null, cpu })) : own.map((who) => ({ task: who.task, cpu: null })),
  }));
}

/** Distance between two lanes: generous for few, less where there is little room, never below a finger's 24 px.
 * @param {number} rows @param {number} size @param {number} room pixels for all of them */
export function pitchOf(rows, size, room) {
  return Math.floor(Math.max(24, Math.min(38 * size, room / Math.max(1, rows))));
}

/** @param {Layout} layout @param {Part} part @param {number} top @param {number} end_ns
 * @param {number} head height of the trial's name */
function place(layout, part, top, end_ns, head) {
  const zero_ns = layout.relative && part.trial ? part.trial.from_ns : 0;
  const { clock, pitch } = layout;
  /** @type {Group} */
  const group = { trial: part.trial, zero_ns, to_ns: part.trial?.to_ns ?? end_ns, y: top, height: 0, rows: [],
    scale: createScale(clock.from_ns + zero_ns, clock.to_ns + zero_ns, clock.width) };
  const height = Math.round(pitch - Math.max(5, pitch * 0.3));
  let y = top + head;
  for (const { task, cpu } of part.keys) {
    const row = { key: `${part.trial?.trial ?? 0}/${task ?? `c${cpu}`}`, task, cpu, y, height, group };
    group.rows.push(row);
    layout.rows.push(row);
    y += pitch;
  }
  group.height = y - top;
  layout.groups.push(group);
  return y + (head ? 4 : 0);
}

/** The row under a point; null between groups. @param {Layout} layout @param {number} y @returns {Row | null} */
export function rowAt(layout, y) {
  return layout.rows.find((row) => y >= row.y - 3 && y < row.y - 3 + layout.pitch) ?? null;
}

/** The group whose trial holds an instant: the last that began before it. @param {Layout} layout @param {number} t_ns */
export function groupAt(layout, t_ns) {
  const begun = layout.groups.filter((group) => group.trial && group.trial.from_ns <= t_ns);
  return begun[begun.length - 1] ?? layout.groups[0] ?? null;
}

/** The player's window for a window of this clock. @param {Layout} layout @param {number} from_ns @param {number} to_ns */
export const toRun = (layout, from_ns, to_ns) => ({ from_ns: Math.round(from_ns + layout.anchor_ns),
  to_ns: Math.round(to_ns + layout.anchor_ns) });

const NARROWEST_NS = 20_000;

/** The window for shares of the visible one (0..1 is what is seen), kept within what there is to see; null if that is
 * what is seen already. @param {Layout} layout @param {number} from @param {number} to */
export function reach({ clock, low_ns, high_ns }, from, to) {
  const seen = clock.to_ns - clock.from_ns;
  const wide = Math.min(high_ns - low_ns, Math.max(NARROWEST_NS, seen * (to - from)));
  const middle = clock.from_ns + (seen * (from + to)) / 2;
  const start = Math.min(Math.max(middle - wide / 2, low_ns), high_ns - wide);
  const still = Math.abs(start - clock.from_ns) < seen * 1e-6 && Math.abs(wide - seen) < seen * 1e-6;
  return still ? null : { from_ns: start, to_ns: start + wide };
}

/** @typedef {{ length: number, from_ns: Float64Array }} Rows  columns of a lane or of a core */

/** How many intervals of a lane overlap a window. @param {Rows} lane
 * @param {number} from_ns @param {number} to_ns */
export function countIn(lane, from_ns, to_ns) {
  const first = Math.max(0, lowest(lane, from_ns) - 1);
  return Math.max(0, lowest(lane, to_ns) - first);
}

/** Index of the first interval that begins at or after an instant. @param {Rows} lane @param {number} t_ns */
export function lowest(lane, t_ns) {
  let [low, high] = [0, lane.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lane.from_ns[middle] < t_ns) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The CPUs a trial's seats stand for: those its tasks ran on, filled up to as many as it was given.
 * @param {Cast} cast @param {Trial | null} trial @param {Iterable<number>} used @returns {number[]} */
export function seatsOf(cast, trial, used) {
  const count = trial ? coresOf(cast, trial) : Math.max(1, cast.cpus.length);
  const seats = new Set(used);
  for (const cpu of cast.cpus) if (seats.size < count) seats.add(cpu);
  return [...seats].sort((a, b) => a - b);
}

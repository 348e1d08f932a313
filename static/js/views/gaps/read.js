// The gaps that a program saw between two readings of a clock, and whether the kernel had taken its core away meanwhile.
import { countBefore } from "../../engine/sorted_arrays.js";

/** @typedef {import("../../types").Tracks} Tracks */
/** @typedef {import("../../types").Entry} Entry */
/** @typedef {{ from_ns: number, to_ns: number, absence: { from_ns: number, to_ns: number } | null }} Gap  `absence`: the longest
 *   stretch in it, longer than ABSENCE_NS, in which the task had no core */
/** @typedef {{ task: number, from_ns: number, to_ns: number, gaps: Gap[] }} Watch  `from_ns`..`to_ns`: its first and last reading */

const ABSENCE_NS = 100_000;
const RUNNING = 1; // code in Track.state

/** Every whole call of a style, by its task. @param {Tracks} tracks @param {string} style */
function callsOf(tracks, style) {
  /** @type {Map<number, { task: number, from_ns: number }>} */
  const open = new Map();
  const found = [];
  for (const { t_ns, entry } of tracks.otherEntries(0, tracks.end_ns)) {
    const { fact } = entry;
    if (fact.kind !== "call.started" && fact.kind !== "call.returned") continue;
    if (fact.style !== style) continue;
    const begun = open.get(fact.call);
    if (fact.kind === "call.started") open.set(fact.call, { task: fact.task, from_ns: t_ns });
    else if (begun) found.push({ ...begun, to_ns: t_ns });
  }
  return found;
}

/** The longest absence inside a gap. @param {Tracks} tracks @param {number} task @param {number} from_ns @param {number} to_ns */
function absenceIn(tracks, task, from_ns, to_ns) {
  const { length, from_ns: starts, state } = tracks.track(task);
  let found = null;
  let away_ns = null;
  for (let i = countBefore(starts, from_ns, length); i < length && starts[i] <= to_ns; i++) {
    if (state[i] !== RUNNING) away_ns ??= starts[i];
    else if (away_ns !== null) {
      const longest = found ? found.to_ns - found.from_ns : ABSENCE_NS;
      if (starts[i] - away_ns > longest) found = { from_ns: away_ns, to_ns: starts[i] };
      away_ns = null;
    }
  }
  return found;
}

/** What each task that watched the clock saw; pure. @param {Tracks} tracks @returns {Watch[]} */
export function watches(tracks) {
  const gaps = callsOf(tracks, "gap");
  return callsOf(tracks, "watch").map(({ task, from_ns, to_ns }) => {
    const mine = gaps.filter((gap) => gap.task === task).sort((a, b) => a.from_ns - b.from_ns);
    const seen = mine.map((gap) => ({
      ...{ from_ns: gap.from_ns, to_ns: gap.to_ns },
      absence: absenceIn(tracks, task, gap.from_ns, gap.to_ns),
    }));
    return { task, from_ns, to_ns, gaps: seen };
  });
}

/** The gap at an instant, else the last one that began before it. @param {Gap[]} gaps @param {number} t_ns */
export const gapAt = (gaps, t_ns) => gaps.findLast((gap) => gap.from_ns <= t_ns) ?? gaps[0] ?? null;

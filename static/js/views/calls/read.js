// The calls of a run, one a trial: who called, who worked, when the caller knew, and how the caller's time went. Pure.

import { timelineOf } from "../../engine/timeline.js";
import { cachePerVersion } from "../../engine/version_cache.js";

/** @typedef {import("../../types").Tracks} Tracks */
/** @typedef {import("../../types").Drawn} Drawn */
/** @typedef {import("../../engine/timeline.js").Timeline} Timeline */
/** @typedef {import("../../engine/timeline.js").Trial} Trial */
/** @typedef {import("../../engine/timeline.js").Made} Made */
/**
 * @typedef {{ trial: Trial, caller: number, worker: number | null, helpers: number[], calls: Made[], end_ns: number,
 *   over: boolean, computes_ns: number | null, computed_ns: number | null }} Call  the call a trial is about: `calls[0]`
 * @typedef {{ running_ns: number, ready_ns: number, asleep_ns: number, wall_ns: number, reason: string | null }} Sums
 */

const MOST = 64; // calls kept of one trial: a busy asker may make thousands

/** How a lesson's calls are read, once a version of the log. @param {Drawn} drawn @returns {(tracks: Tracks, version: number) => Call[]} */
export const callsReader = (drawn) =>
  cachePerVersion((tracks, version) => readCalls(timelineOf(tracks, version), tracks.end_ns, drawn));

/** Every trial in which a call was made. @param {Timeline} timeline @param {number} end_ns @param {Drawn} drawn
 * @returns {Call[]} */
export function readCalls(timeline, end_ns, drawn) {
  return timeline.trials.flatMap((trial) => readTrial(timeline, trial, end_ns, drawn) ?? []);
}

/** The calls of the trials that are drawn, with those of their helpers that are; nothing named: all.
 * @param {Call[]} calls @param {{ trials: number[], tasks: number[] }} only @returns {Call[]} */
export function drawnCalls(calls, { trials, tasks }) {
  const some = trials.length ? calls.filter(({ trial }) => trials.includes(trial.trial)) : calls;
  if (!tasks.length) return some;
  return some.map((call) => ({ ...call, helpers: call.helpers.filter((task) => tasks.includes(task)) }));
}

/** @param {Timeline} timeline @param {Trial} trial @param {number} end_ns @param {Drawn} drawn @returns {Call | null} */
function readTrial(timeline, trial, end_ns, { begins = [], done = [] }) {
  const [first] = trial.calls.values();
  if (!first) return null;
  const caller = first.task;
  const calls = [...trial.calls.values()].filter(({ task }) => task === caller).slice(0, MOST);
  const computes = trial.steps.findLast(({ label }) => begins.includes(label));
  const computed = trial.steps.findLast(({ label }) => done.includes(label));
  const own = timeline.tasksOf(trial.trial);
  const worker = computes?.task ?? own.find(({ task, role }) => task !== caller && role === "worker")?.task ?? null;
  const end = completedAt(calls.length > 2 ? calls[calls.length - 1] : calls[0]);
  return {
    ...{ trial, caller, calls, worker: worker === caller ? null : worker },
    ...{ over: end !== null, end_ns: end ?? Math.min(trial.to_ns ?? end_ns, end_ns) },
    ...{ computes_ns: computes?.t_ns ?? null, computed_ns: computed?.t_ns ?? null },
    helpers: own.map(({ task }) => task).filter((task) => task !== caller && task !== worker),
  };
}

/** When the result was known: by a notification, or by the return of a call that brings the value itself.
 * @param {Made} call */
const completedAt = (call) => call.notified_ns ?? (call.result === "handle" ? null : call.returned_ns);

/** How the caller's thread spent the time from the call to the result. @param {Tracks} tracks @param {Call} call
 * @returns {Sums} */
export function stateTotals(tracks, call) {
  const from = call.calls[0].from_ns;
  const wall_ns = Math.max(1, call.end_ns - from);
  const [ready, running, blocked] = tracks.shares(call.caller, from, call.end_ns, 1);
  /** @type {Map<string, number>} */
  const reasons = new Map();
  for (const one of tracks.between(call.caller, from, call.end_ns)) {
    const long = Math.min(one.to_ns ?? call.end_ns, call.end_ns) - Math.max(one.from_ns, from);
    if (one.state === "blocked" && one.waits_for) reasons.set(one.waits_for, (reasons.get(one.waits_for) ?? 0) + long);
  }
  const reason = [...reasons].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null; // what it slept for most, as far as seen
  return { wall_ns, ready_ns: ready * wall_ns, running_ns: running * wall_ns, asleep_ns: blocked * wall_ns, reason };
}

/** How often the call said that there is nothing yet. A handle that is asked about is another thing: somebody is
 * working for it meanwhile. @param {Call} call */
export function refusals({ calls }) {
  const made = calls[0];
  return made.result !== "handle" && made.how === "poll" ? (made.count ?? 0) : 0;
}

/** The two axes: did the call bring the result itself (sync), a handle (async), or neither (refused: EAGAIN); what did
 * the thread do meanwhile.
 * @param {Call} call @param {Sums} sums @returns {{ axis: "sync" | "async" | "refused", doing: "awake" | "asleep" | "both" | "ready" }} */
export function classifyCall(call, sums) {
  const { result } = call.calls[0];
  const axis = result === "EAGAIN" || refusals(call) ? "refused" : result === "handle" ? "async" : "sync";
  const [running, asleep] = [sums.running_ns / sums.wall_ns, sums.asleep_ns / sums.wall_ns];
  if (running >= 0.25 && asleep >= 0.25) return { axis, doing: "both" };
  if (asleep >= 0.5) return { axis, doing: "asleep" };
  return { axis, doing: running + 1e-9 >= sums.ready_ns / sums.wall_ns ? "awake" : "ready" };
}

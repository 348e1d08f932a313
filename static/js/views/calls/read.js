// The calls of a run, one a trial: who called, who worked, when the caller knew, and how the caller's time went. Pure.
import { castOf } from "../../engine/cast.js";

/** @typedef {import("../../types").Tracks} Tracks */
/** @typedef {import("../../engine/cast.js").Cast} Cast */
/** @typedef {import("../../engine/cast.js").Trial} Trial */
/**
 * @typedef {{ style: string, from_ns: number, returned_ns: number | null, result: string | null, learned_ns: number | null,
 *   learner: number | null, how: string | null, count: number | null }} Made  one call as its caller stated it
 * @typedef {{ trial: Trial, caller: number, worker: number | null, helpers: number[], calls: Made[], end_ns: number,
 *   over: boolean, computes_ns: number | null, computed_ns: number | null }} Call  the call a trial is about: `calls[0]`
 * @typedef {{ running_ns: number, ready_ns: number, asleep_ns: number, wall_ns: number, reason: string | null }} Sums
 */

const DONE = ["computed", "answers"]; // steps after which the result is there
const MOST = 64; // calls kept of one trial: a busy asker may make thousands

/** @type {WeakMap<Tracks, { version: number, found: Call[] }>} */
const known = new WeakMap();

/** @param {Tracks} tracks @param {number} version @returns {Call[]} */
export function callsOf(tracks, version) {
  const held = known.get(tracks);
  if (held && held.version === version) return held.found;
  const found = readCalls(tracks, castOf(tracks, version));
  known.set(tracks, { version, found });
  return found;
}

/** Every trial in which a call was made. @param {Tracks} tracks @param {Cast} cast @returns {Call[]} */
export function readCalls(tracks, cast) {
  return cast.trials.map((trial) => readTrial(tracks, cast, trial)).filter((one) => one !== null);
}

/** @param {Tracks} tracks @param {Cast} cast @param {Trial} trial @returns {Call | null} */
function readTrial(tracks, cast, trial) {
  /** @type {Map<number, Made>} */
  const made = new Map();
  let [caller, worker] = [0, /** @type {number | null} */ (null)];
  let [computes, computed] = [/** @type {number | null} */ (null), /** @type {number | null} */ (null)];
  for (const {
    t_ns,
    entry: { fact },
  } of tracks.marks(trial.from_ns, trial.to_ns ?? tracks.end_ns)) {
    if (fact.kind === "call.started" && made.size < MOST && (!caller || fact.task === caller)) {
      caller = fact.task;
      made.set(fact.call, {
        style: fact.style,
        from_ns: t_ns,
        returned_ns: null,
        result: null,
        learned_ns: null,
        learner: null,
        how: null,
        count: null,
      });
    } else if (fact.kind === "call.returned" || fact.kind === "call.notified") note(made.get(fact.call), t_ns, fact);
    else if (fact.kind === "step" && fact.label === "computes") [worker, computes] = [fact.task, t_ns];
    else if (fact.kind === "step" && DONE.includes(fact.label)) computed = t_ns;
  }
  if (!made.size) return null;
  const calls = [...made.values()];
  const own = [...cast.tasks.values()].filter((who) => who.trial === trial.trial);
  worker ??= own.find((who) => who.task !== caller && who.role === "worker")?.task ?? null;
  const end = calls.length > 2 ? ended(calls[calls.length - 1]) : ended(calls[0]);
  return {
    trial,
    caller,
    worker: worker === caller ? null : worker,
    calls,
    over: end !== null,
    end_ns: end ?? Math.min(trial.to_ns ?? tracks.end_ns, tracks.end_ns),
    computes_ns: computes,
    computed_ns: computed,
    helpers: own.map((who) => who.task).filter((task) => task !== caller && task !== worker),
  };
}

/** @param {Made | undefined} call @param {number} t_ns
 * @param {Extract<import("../../types").Fact, { kind: "call.returned" | "call.notified" }>} fact */
function note(call, t_ns, fact) {
  if (!call) return;
  if (fact.kind === "call.returned") Object.assign(call, { returned_ns: t_ns, result: fact.result ?? null });
  else Object.assign(call, { learned_ns: t_ns, learner: fact.task, how: fact.how ?? null, count: fact.count ?? null });
}

/** When the result was known: by a notification, or by the return of a call that brings the value itself.
 * @param {Made} call */
const ended = (call) => call.learned_ns ?? (call.result === "handle" ? null : call.returned_ns);

/** How the caller's thread spent the time from the call to the result. @param {Tracks} tracks @param {Call} call
 * @returns {Sums} */
export function sumsOf(tracks, call) {
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
export function axesOf(call, sums) {
  const { result } = call.calls[0];
  const axis = result === "EAGAIN" || refusals(call) ? "refused" : result === "handle" ? "async" : "sync";
  const [running, asleep] = [sums.running_ns / sums.wall_ns, sums.asleep_ns / sums.wall_ns];
  if (running >= 0.25 && asleep >= 0.25) return { axis, doing: "both" };
  if (asleep >= 0.5) return { axis, doing: "asleep" };
  return { axis, doing: running + 1e-9 >= sums.ready_ns / sums.wall_ns ? "awake" : "ready" };
}

// From a moment and a log to the instants it means; docs/design.md, "Scenes", has the rules, as for server/lesson/moments.py.

/** @typedef {import("../types").Moment} Moment */
/** @typedef {import("./log_index.js").LogIndex} LogIndex */
/** @typedef {import("./log_index.js").StateInterval} StateInterval */
/** @typedef {[from_ns: number, to_ns: number, task: number | null]} Stretch */
/** @typedef {{ from_ns: number, to_ns: number, at_ns: number, task: number | null, trial: number | null }} MomentInstants */

/** Where a moment is in a log; null if the log does not show it. @param {Moment} moment @param {LogIndex} log
 * @returns {MomentInstants | null} */
export function find(moment, log) {
  const stretch = FINDERS[moment.kind](moment, log);
  if (!stretch) return null;
  const [from_ns, to_ns, task] = stretch;
  const { share = 0, offset_ns = 0 } = moment;
  const wanted = Math.floor(from_ns + share * (to_ns - from_ns)) + offset_ns;
  const at_ns = Math.max(0, Math.min(wanted, log.end_ns));
  return { from_ns, to_ns, at_ns, task, trial: trialOf(moment, log, task, from_ns) };
}

/** The trial that a moment belongs to: the one it names, its task's, or else the last that has begun by then.
 * @param {Moment} moment @param {LogIndex} log @param {number | null} task @param {number} t_ns */
function trialOf(moment, log, task, t_ns) {
  const label = moment.kind === "trial" ? moment.name : moment.trial;
  if (label) return log.labelled(label)?.trial ?? null;
  const own = log.task(task)?.born?.trial ?? null;
  if (own !== null) return own;
  return (log.trials.findLast((each) => each.from_ns <= t_ns) ?? log.trials[0])?.trial ?? null;
}

/** The tasks that a moment speaks of. @param {Moment} moment @param {LogIndex} log */
function matchingTasks({ who = "", trial: label }, log) {
  if (!label) return log.matching(who, null);
  const trial = log.labelled(label);
  return trial ? log.matching(who, trial.trial) : [];
}

/** @param {Stretch[]} found @param {number} [n] from 1, or from the last by −1 */
const nth = (found, n = 1) => found.at(n > 0 ? n - 1 : n) ?? null;

/** By instant, then task. @param {Stretch[]} found */
const ordered = (found) => found.sort((a, b) => a[0] - b[0] || (a[2] ?? 0) - (b[2] ?? 0));

/** @param {Moment} moment @param {LogIndex} log @returns {Stretch | null} */
function claim({ name = "", trial: label = "" }, log) {
  const verdict = log.verdicts.get(name);
  if (!verdict) return null;
  const { at_ns = null, to_ns, task = null } = verdict;
  if (at_ns !== null) return [at_ns, Math.max(at_ns, to_ns ?? 0), task];
  const own = log.task(task ?? 0)?.born?.trial ?? null;
  return [...log.bounds(own ?? log.labelled(label)?.trial ?? null), task];
}

/** @param {Moment} moment @param {LogIndex} log @returns {Stretch | null} */
function fact(moment, log) {
  const tasks = moment.who || moment.trial ? new Set(matchingTasks(moment, log).map((each) => each.task)) : null;
  const where = Object.entries(moment.where ?? {});
  /** @type {Stretch[]} */
  const found = [];
  for (const { t_ns, fact } of log.entries) {
    const fields = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (fact));
    if (fact.kind !== moment.name || where.some(([key, value]) => fields[key] !== value)) continue;
    const task = typeof fields.task === "number" ? fields.task : null;
    if (!tasks || (task !== null && tasks.has(task))) found.push([t_ns, t_ns, task]);
  }
  return nth(found, moment.n);
}

/** The intervals in a state of the tasks that are meant, each with the one after it.
 * @param {Moment} moment @param {LogIndex} log @param {string | undefined} state @returns {[StateInterval, StateInterval | undefined][]} */
function intervalsIn(moment, log, state) {
  return matchingTasks(moment, log).flatMap(({ intervals }) =>
    intervals
      .map((one, i) => /** @type {[StateInterval, StateInterval | undefined]} */ ([one, intervals[i + 1]]))
      .filter(([one]) => one.state === state && (!moment.waits_for || moment.waits_for === one.waits_for)),
  );
}

/** @type {Record<Moment["kind"], (moment: Moment, log: LogIndex) => Stretch | null>} */
const FINDERS = {
  claim,
  fact,
  caption: (moment, log) =>
    claim({ ...moment, trial: "" }, log) ??
    fact({ kind: "fact", name: "step", where: { label: moment.name ?? "" } }, log),
  span(moment, log) {
    const found = intervalsIn(moment, log, moment.name);
    return nth(ordered(found.map(([one]) => [one.from_ns, one.to_ns ?? log.end_ns, one.task])), moment.n);
  },
  wake(moment, log) {
    const found = intervalsIn(moment, log, "blocked").filter(([, after]) => after && /^r/.test(after.state)); // ready, running
    return nth(ordered(found.map(([one]) => [one.to_ns ?? log.end_ns, one.to_ns ?? log.end_ns, one.task])), moment.n);
  },
  ended(moment, log) {
    /** @type {Stretch[]} */
    const found = matchingTasks(moment, log).flatMap(({ task, intervals, died_ns }) => {
      const t_ns = intervals.find((one) => one.state === "zombie")?.from_ns ?? died_ns;
      return t_ns === null ? [] : [/** @type {Stretch} */ ([t_ns, t_ns, task])];
    });
    return nth(ordered(found), moment.n);
  },
  call(moment, log) {
    const callers = new Set(matchingTasks(moment, log).map((each) => each.task));
    const found = log.calls.filter(({ style, task }) => style === moment.name && callers.has(task));
    /** @type {Stretch[]} */
    const all = found.map(({ from_ns, end_ns, task }) => [from_ns, end_ns > from_ns ? end_ns : log.end_ns, task]);
    return nth(all, moment.n);
  },
  trial({ name = "" }, log) {
    const trial = log.labelled(name);
    return !trial && name ? null : [...log.bounds(trial?.trial ?? null), null];
  },
  end: (_, log) => [log.end_ns, log.end_ns, null],
};

// The one reading of a log's facts: its trials and tasks, their names, roles, births and ends, calls, steps and output. States
// over time are in tracks.js. The server reads a log by the same rules (server/log/timeline.py).
import { cachePerVersion } from "./version_cache.js";
import { valueKey } from "./world.js";

/** @typedef {import("../types").Tracks} Tracks */
/** @typedef {import("../types").Fact} Fact */
/** @template {Fact["kind"]} K @typedef {Extract<Fact, { kind: K }>} Of */
/**
 * @typedef {{ task: number, pid: number, tid: number, name: string, type: string, role: string | null,
 *   trial: number | null, parent: number, born_ns: number, died_ns: number | null, reaped_ns: number | null,
 *   code: number | null, signal: number | null }} TaskInfo  `name`: the newest
 * @typedef {{ call: number, task: number, style: string, from_ns: number, returned_ns: number | null, result: string | null,
 *   notified_ns: number | null, notified_by: number | null, how: string | null, count: number | null }} Made  one call as its
 *   caller stated it; `notified_by` is the task that was notified of the result
 * @typedef {{ t_ns: number, task: number, label: string }} Step
 * @typedef {{ t_ns: number, stream: string, text: string }} Output
 * @typedef {{ trial: number, from_ns: number, to_ns: number | null, label: string | null, params: Record<string, unknown>,
 *   calls: Map<number, Made>, steps: Step[], outputs: Output[] }} Trial  the last three from its start to the next one's
 */

/** The timeline of a log; read again only when the log grew. */
export const timelineOf = cachePerVersion(readTimeline);

/** @param {Tracks} tracks */
export function readTimeline(tracks) {
  const timeline = new Timeline();
  for (const { t_ns, entry } of tracks.otherEntries(-Infinity, Infinity)) timeline.add(t_ns, entry.fact);
  return timeline;
}

export class Timeline {
  /** By number, in order of birth. @type {Map<number, TaskInfo>} */
  tasks = new Map();
  /** @type {Trial[]} */
  trials = [];
  /** @type {{ t_ns: number, count: number }[]} */
  lost = [];
  /** By name, or name@trial. @type {Map<string, number>} */
  values = new Map();
  /** The newest of each task. @type {Map<number, Of<"proof.checked">>} */
  proofs = new Map();
  /** CPUs of the run, ascending. @type {number[]} */
  cpus = [];
  /** From when on a task may use which cores, as told. @type {Map<number, { t_ns: number, cpus: number[] }[]>} */
  allowed = new Map();
  /** Whether every switch is a record of the kernel, and none a sampler's. */
  exact = true;
  ended = false;

  /** Adds a fact; facts come in order. @param {number} t_ns @param {Fact} fact */
  add(t_ns, fact) {
    if (fact.kind.startsWith("task.")) return this.#addTask(t_ns, fact);
    if (fact.kind.startsWith("trial.")) return this.#addTrial(t_ns, fact);
    if (fact.kind === "run.started" || fact.kind === "run.stepped_down") this.exact = fact.tier !== "sampled";
    if (fact.kind === "run.started") this.cpus = [...fact.cpus].sort((a, b) => a - b);
    else if (fact.kind === "run.ended") this.ended = true;
    else if (fact.kind === "log.lost") this.lost.push({ t_ns, count: fact.count });
    else if (fact.kind === "value.measured") this.values.set(valueKey(fact.name, fact.trial), fact.value);
    else if (fact.kind === "proof.checked") this.proofs.set(fact.task, fact);
    else {
      const trial = this.trials.at(-1);
      if (trial) addToTrial(trial, t_ns, fact);
    }
  }

  /** @param {number} t_ns @param {Fact} fact */
  #addTask(t_ns, fact) {
    if (fact.kind === "task.born") this.tasks.set(fact.task, newTask(fact, t_ns));
    if (fact.kind === "task.allowed")
      this.allowed.set(fact.task, [...(this.allowed.get(fact.task) ?? []), { t_ns, cpus: fact.cpus }]);
    const task = "task" in fact && typeof fact.task === "number" ? this.tasks.get(fact.task) : undefined;
    if (!task) return;
    if (fact.kind === "task.renamed") task.name = fact.name;
    if (fact.kind === "task.reaped") task.reaped_ns = t_ns;
    if (fact.kind === "task.died") {
      task.died_ns = t_ns;
      task.code = fact.code ?? null;
      task.signal = fact.signal ?? null;
    }
  }

  /** @param {number} t_ns @param {Fact} fact */
  #addTrial(t_ns, fact) {
    if (fact.kind === "trial.started") {
      const { trial, label = null, params } = fact;
      const empty = { calls: new Map(), steps: [], outputs: [] };
      this.trials.push({ trial, from_ns: t_ns, to_ns: null, label, params, ...empty });
    } else if (fact.kind === "trial.ended") {
      const trial = this.trials.find((each) => each.trial === fact.trial);
      if (trial) trial.to_ns = t_ns;
    }
  }

  /** The tasks of a trial, in order of birth; of null, those outside every trial. @param {number | null} trial */
  tasksOf(trial) {
    return [...this.tasks.values()].filter((task) => task.trial === trial);
  }

  /** The trial that an instant belongs to: the last that has begun; before any, the first. @param {number} t_ns */
  trialAt(t_ns) {
    return this.trials.findLast((trial) => trial.from_ns <= t_ns) ?? this.trials[0] ?? null;
  }

  /** How many cores a trial was given: its own parameter, else all of the run's. @param {Trial | null} trial */
  coresOf(trial) {
    const own = trial?.params.cores;
    return typeof own === "number" ? own : Math.max(1, this.cpus.length);
  }
}

/** @param {Of<"task.born">} fact @param {number} t_ns @returns {TaskInfo} */
function newTask({ task, pid, tid, name, type, parent, role, trial }, t_ns) {
  const lives = { born_ns: t_ns, died_ns: null, reaped_ns: null, code: null, signal: null };
  return { task, pid, tid, name, type, parent, role: role ?? null, trial: trial ?? null, ...lives };
}

/** @param {Trial} trial @param {number} t_ns @param {Fact} fact */
function addToTrial({ calls, steps, outputs }, t_ns, fact) {
  if (fact.kind === "step") steps.push({ t_ns, task: fact.task, label: fact.label });
  else if (fact.kind === "output") outputs.push({ t_ns, stream: fact.stream, text: fact.text });
  else if (fact.kind === "call.started") {
    const { call, task, style } = fact;
    const open = { returned_ns: null, result: null, notified_ns: null, notified_by: null, how: null, count: null };
    calls.set(call, { call, task, style, from_ns: t_ns, ...open });
  } else if (fact.kind === "call.returned") {
    Object.assign(calls.get(fact.call) ?? {}, { returned_ns: t_ns, result: fact.result ?? null });
  } else if (fact.kind === "call.notified") {
    const { task: notified_by, how = null, count = null } = fact;
    Object.assign(calls.get(fact.call) ?? {}, { notified_ns: t_ns, notified_by, how, count });
  }
}

// Who is in a run, read once from the marks of the whole log: tasks, trials, ends, losses. It draws nothing.

/** @typedef {import("../types").Tracks} Tracks */
/**
 * @typedef {{ task: number, pid: number, tid: number, name: string, type: string, role: string | null,
 *   trial: number | null, parent: number, born_ns: number, died_ns: number | null, reaped_ns: number | null,
 *   code: number | null, signal: number | null }} Person
 * @typedef {{ trial: number, from_ns: number, to_ns: number | null, label: string | null,
 *   params: Record<string, unknown> }} Trial
 * @typedef {{ tasks: Map<number, Person>, trials: Trial[], lost: { t_ns: number, count: number }[],
 *   values: Map<string, number>, cpus: number[], ended: boolean }} Cast
 */

/** @type {WeakMap<Tracks, { version: number, cast: Cast }>} */
const known = new WeakMap();

/** The cast of a log; read again only when the log grew. @param {Tracks} tracks @param {number} version */
export function castOf(tracks, version) {
  const held = known.get(tracks);
  if (held && held.version === version) return held.cast;
  const cast = readCast(tracks);
  known.set(tracks, { version, cast });
  return cast;
}

/** @param {Tracks} tracks @returns {Cast} */
export function readCast(tracks) {
  /** @type {Cast} */
  const cast = { tasks: new Map(), trials: [], lost: [], values: new Map(), cpus: [], ended: false };
  for (const { t_ns, entry } of tracks.marks(-Infinity, Infinity)) note(cast, t_ns, entry.fact);
  return cast;
}

/** @param {Cast} cast @param {number} t_ns @param {import("../types").Fact} fact */
function note(cast, t_ns, fact) {
  if (fact.kind === "task.born") return void cast.tasks.set(fact.task, person(fact, t_ns));
  if (fact.kind === "run.started") return void cast.cpus.push(...[...fact.cpus].sort((a, b) => a - b));
  if (fact.kind === "run.ended") cast.ended = true;
  if (fact.kind === "log.lost") return void cast.lost.push({ t_ns, count: fact.count });
  if (fact.kind === "value.measured") return void cast.values.set(valueKey(fact.name, fact.trial), fact.value);
  if (fact.kind === "trial.started" || fact.kind === "trial.ended") return noteTrial(cast, t_ns, fact);
  if (!("task" in fact)) return;
  const who = cast.tasks.get(/** @type {number} */ (fact.task));
  if (!who) return;
  if (fact.kind === "task.renamed") who.name = fact.name;
  if (fact.kind === "task.reaped") who.reaped_ns = t_ns;
  if (fact.kind === "task.died") {
    who.died_ns = t_ns;
    who.code = fact.code ?? null;
    who.signal = fact.signal ?? null;
  }
}

/** @param {string} name @param {number | null | undefined} trial */
export const valueKey = (name, trial) => (trial == null ? name : `${name}@${trial}`);

/** @param {Extract<import("../types").Fact, { kind: "task.born" }>} fact @param {number} t_ns @returns {Person} */
function person(fact, t_ns) {
  const { task, pid, tid, name, type, parent } = fact;
  return {
    task,
    pid,
    tid,
    name,
    type,
    parent,
    role: fact.role ?? null,
    trial: fact.trial ?? null,
    born_ns: t_ns,
    died_ns: null,
    reaped_ns: null,
    code: null,
    signal: null,
  };
}

/** @param {Cast} cast @param {number} t_ns
 * @param {Extract<import("../types").Fact, { kind: "trial.started" | "trial.ended" }>} fact */
function noteTrial(cast, t_ns, fact) {
  if (fact.kind === "trial.started") {
    cast.trials.push({ trial: fact.trial, from_ns: t_ns, to_ns: null, label: fact.label ?? null, params: fact.params });
    return;
  }
  const trial = cast.trials.find((one) => one.trial === fact.trial);
  if (trial) trial.to_ns = t_ns;
}

/** How many cores a trial was given: its own parameter, else all of the run's. @param {Cast} cast @param {Trial} trial */
export function coresOf(cast, trial) {
  const own = trial.params.cores;
  return typeof own === "number" ? own : Math.max(1, cast.cpus.length);
}

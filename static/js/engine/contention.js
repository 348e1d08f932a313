// CPU contention, when a task was ready and others had the core: the twin of server/log/contention.py, for any window of a run.
/** @typedef {import("../types").Tracks} Tracks */
/** @typedef {import("./timeline.js").Timeline} Timeline */
/** @typedef {{ cpu: number, from_ns: number, to_ns: number }} ForeignCpuTime */
/** @typedef {{ t_ns: number, change: 1 | -1, task: number, cpu: number | null, cpus: Set<number> }} Edge  cpu null: ready */

export const MIN_CONTENTION_NS = 200_000; // what is shorter is how long a switch takes

/** The stretches that overlap a window, by instant and core; those at its ends may be cut beyond the floor outside it.
 * @param {Tracks} tracks @param {Timeline} timeline @param {number} from_ns @param {number} to_ns @returns {ForeignCpuTime[]} */
export function foreignCpuTime(tracks, timeline, from_ns, to_ns) {
  if (!timeline.exact) return [];
  const [low, high] = [Math.max(0, from_ns - MIN_CONTENTION_NS), Math.min(tracks.end_ns, to_ns + MIN_CONTENTION_NS)];
  const edges = tracks.tasks().flatMap((task) => edgesOf(tracks, timeline, task, low, high));
  edges.sort((a, b) => a.t_ns - b.t_ns || a.change - b.change);
  return mergeSegments(edges, low).filter((each) => each.from_ns < to_ns && each.to_ns > from_ns);
}

/** @param {Tracks} tracks @param {Timeline} timeline @param {number} task @param {number} low @param {number} high @returns {Edge[]} */
function edgesOf(tracks, timeline, task, low, high) {
  /** @type {Edge[]} */
  const edges = [];
  /** @type {Set<number> | null} */
  let usual = null;
  for (const one of tracks.between(task, low, high)) {
    if (one.state !== "running" && one.state !== "ready") continue;
    const [from, to] = [Math.max(one.from_ns, low), Math.min(one.to_ns ?? tracks.end_ns, high)];
    if (to <= from) continue;
    usual ??= allowedCpus(tracks, timeline, task);
    const cpus = statedAffinity(timeline, task, one.from_ns) ?? usual;
    const cpu = one.state === "running" ? (one.cpu ?? -1) : null;
    edges.push({ t_ns: from, change: 1, task, cpu, cpus }, { t_ns: to, change: -1, task, cpu, cpus });
  }
  return edges;
}

/** @param {Edge[]} edges by instant, ends first @param {number} low @returns {ForeignCpuTime[]} */
function mergeSegments(edges, low) {
  /** @type {Map<number, number>} */
  const on = new Map();
  /** @type {Map<number, Set<number>>} */
  const ready = new Map();
  /** @type {Map<number, ForeignCpuTime>} */
  const open = new Map();
  /** @type {ForeignCpuTime[]} */
  const found = [];
  let since = low;
  for (const { t_ns, change, task, cpu, cpus } of edges) {
    if (t_ns > since) for (const free of freeCpus(on, ready)) closeStretch(open, found, free, since, t_ns);
    since = t_ns;
    if (cpu !== null) on.set(cpu, (on.get(cpu) ?? 0) + change);
    else if (change > 0) ready.set(task, cpus);
    else ready.delete(task);
  }
  const kept = [...found, ...open.values()].filter((each) => each.to_ns - each.from_ns >= MIN_CONTENTION_NS);
  return kept.sort((a, b) => a.from_ns - b.from_ns || a.cpu - b.cpu);
}

/** The cores that a ready task may use and none of ours is on. @param {Map<number, number>} on
 * @param {Map<number, Set<number>>} ready */
function freeCpus(on, ready) {
  const free = new Set();
  for (const cpus of ready.values()) for (const cpu of cpus) if (!on.get(cpu)) free.add(cpu);
  return free;
}

/** @param {Map<number, ForeignCpuTime>} open @param {ForeignCpuTime[]} found @param {number} cpu @param {number} from_ns @param {number} to_ns */
function closeStretch(open, found, cpu, from_ns, to_ns) {
  const last = open.get(cpu);
  if (last && last.to_ns >= from_ns) last.to_ns = to_ns;
  else {
    if (last) found.push(last);
    open.set(cpu, { cpu, from_ns, to_ns });
  }
}

/** All of the run's cores; in a trial of fewer, of which nothing was told, those on which the task was seen.
 * @param {Tracks} tracks @param {Timeline} timeline @param {number} task */
function allowedCpus(tracks, timeline, task) {
  const number = timeline.tasks.get(task)?.trial;
  const given = timeline.trials.find((each) => each.trial === number)?.params.cores;
  if (!Number.isInteger(given) || Number(given) >= timeline.cpus.length) return new Set(timeline.cpus);
  const { cpu, state, length } = tracks.track(task);
  const seen = new Set();
  for (let row = 0; row < length; row++) if (state[row] === RUNNING && cpu[row] >= 0) seen.add(cpu[row]);
  return seen;
}

const RUNNING = 1; // code of Track.state

/** The cores a task was allowed at an instant, as told of it or of who made it. @param {Timeline} timeline @param {number} task
 * @param {number} t_ns @returns {Set<number> | null} */
function statedAffinity(timeline, task, t_ns) {
  const last = (timeline.allowed.get(task) ?? []).filter((each) => each.t_ns <= t_ns).at(-1);
  if (last) return new Set(last.cpus);
  const who = timeline.tasks.get(task);
  return who && who.parent !== task && timeline.tasks.has(who.parent)
    ? statedAffinity(timeline, who.parent, who.born_ns)
    : null;
}

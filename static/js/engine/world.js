// What holds at one instant, as a fold over entries: total and deterministic, without a clock, chance or the page.
import { changeState, reapTask, timeTo, updateTask } from "./world_tasks.js";

/** @typedef {import("../types").World} World */
/** @typedef {import("../types").Entry} Entry */
/** @typedef {import("../types").Fact} Fact */
/** @template {Fact["kind"]} K @typedef {Extract<Fact, { kind: K }>} Of */
/** @typedef {{ [K in Fact["kind"]]: ((world: World, fact: Of<K>, t_ns: number) => void) | null }} Reducers */

const MAX_OUTPUTS = 200; // lines kept, newest last
const MAX_CALLS = 1024; // calls kept, newest last

/** @returns {World} */
export function emptyWorld() {
  return {
    t_ns: 0,
    run: null,
    tier: null,
    tasks: new Map(),
    cores: new Map(),
    trial: null,
    trials: [],
    claims: new Map(),
    values: new Map(),
    proof: new Map(),
    calls: new Map(),
    pipes: new Map(),
    memory: new Map(),
    cells: new Map(),
    cards: new Map(),
    places: new Map(),
    pages: new Map(),
    allowed: new Map(),
    measured: new Map(),
    output: [],
    counts: { switches: 0, preempted: 0, waits: 0, woken: 0 },
    lost: 0,
    ended: null,
  };
}

/** A world of its own: containers are copied; records in them are never changed, only replaced, and so are shared.
 * @param {World} world @returns {World} */
export function copyWorld(world) {
  return {
    ...world,
    tasks: new Map(world.tasks),
    cores: new Map(world.cores),
    trials: [...world.trials],
    claims: new Map(world.claims),
    values: new Map(world.values),
    proof: new Map(world.proof),
    calls: new Map(world.calls),
    pipes: new Map(world.pipes),
    memory: new Map(world.memory),
    cells: new Map(world.cells),
    cards: new Map(world.cards),
    places: new Map(world.places),
    pages: new Map(world.pages),
    allowed: new Map(world.allowed),
    measured: new Map(world.measured),
    output: [...world.output],
    counts: { ...world.counts },
  };
}

/** A world to look at, at t_ns: totals reach up to t_ns. Folding goes on from the draft, not from this one.
 * @param {World} draft @param {number} t_ns @returns {World} */
export function totalsAt(draft, t_ns) {
  const world = copyWorld(draft);
  world.t_ns = t_ns;
  for (const [number, task] of world.tasks) {
    const settled = timeTo(task, t_ns);
    if (settled !== task) world.tasks.set(number, settled);
  }
  return world;
}

/** One function a kind; null where a kind changes nothing. tsc refuses the table while a kind of the vocabulary is missing.
 * @type {Reducers} */
const REDUCERS = {
  "run.started": (world, fact) => {
    world.run = fact;
    world.tier = fact.tier;
  },
  "run.stepped_down": (world, fact) => {
    world.tier = fact.tier;
  },
  "run.ended": (world, fact) => {
    world.ended = fact;
  },
  "trial.started": startTrial,
  "trial.ended": endTrial,
  "task.born": (world, { kind: _kind, trial = null, role = null, ...task }, t_ns) =>
    updateTask(world, task.task, t_ns, { ...task, trial, role }),
  "task.renamed": (world, { task, name, how }, t_ns) => updateTask(world, task, t_ns, how ? { name, how } : { name }),
  "task.state": changeState,
  "task.died": (world, { task, code = null, signal = null }, t_ns) => updateTask(world, task, t_ns, { code, signal }),
  "task.reaped": (world, { task }, t_ns) => reapTask(world, task, t_ns),
  "task.waited": null,
  "task.described": (world, { task, of, text }) => world.cards.set(`${task}:${of}`, text),
  "task.moved": (world, fact) => world.places.set(fact.task, { ...world.places.get(fact.task), ...fact }),
  "task.allowed": (world, { task, cpus }) => world.allowed.set(task, cpus),
  "task.measured": (world, fact) => world.measured.set(fact.task, fact),
  step: (world, { task, label, line = null, code = null }, t_ns) =>
    updateTask(world, task, t_ns, { step: { label, line, code } }),
  "call.started": (world, fact, t_ns) => updateCall(world, fact, t_ns, {}),
  "call.returned": (world, fact, t_ns) =>
    updateCall(world, fact, t_ns, { returned_ns: t_ns, result: fact.result ?? null }),
  "call.notified": (world, fact, t_ns) =>
    updateCall(world, fact, t_ns, { notified_ns: t_ns, how: fact.how ?? null, count: fact.count ?? null }),
  "cell.written": (world, fact) => world.cells.set(`${fact.task}:${fact.name}`, fact),
  "memory.measured": (world, fact) => world.memory.set(`${fact.task}:${fact.what}`, fact),
  "memory.pages": (world, fact) => world.pages.set(`${fact.task}:${fact.of}`, fact),
  "pipe.filled": (world, { pipe, bytes, capacity }) => world.pipes.set(pipe ?? "", { bytes, capacity }),
  output: write,
  "signal.sent": null,
  "signal.got": null,
  "action.taken": null,
  "claim.held": (world, fact) => world.claims.set(fact.claim, fact),
  "claim.broken": (world, fact) => world.claims.set(fact.claim, fact),
  "value.measured": (world, fact) => world.values.set(valueKey(fact.name, fact.trial), fact),
  "log.lost": (world, fact) => {
    world.lost += fact.count;
  },
  "proof.checked": (world, fact) => world.proof.set(fact.task, fact),
};

/** Folds one entry into a draft the caller owns (see copyWorld) and returns it; a later server's kind passes by.
 * @param {World} world @param {Entry} entry @returns {World} */
export function reduce(world, { t_ns, fact }) {
  world.t_ns = t_ns;
  const reducer = /** @type {((world: World, fact: Fact, t_ns: number) => void) | null | undefined} */ (
    Object.hasOwn(REDUCERS, fact.kind) ? REDUCERS[fact.kind] : null
  );
  reducer?.(world, fact, t_ns);
  return world;
}

/** The key of a value in World.values.
 * @param {string} name @param {number | null} [trial] */
export function valueKey(name, trial) {
  return trial === null || trial === undefined ? name : `${name}@${trial}`;
}

/** @param {World} world @param {Of<"trial.started">} fact @param {number} t_ns */
function startTrial(world, { trial, params, label }, t_ns) {
  world.trial = trial;
  world.pipes.clear(); // a trial has pipes of its own
  world.trials.push({ trial, from_ns: t_ns, to_ns: null, params, label: label ?? null });
}

/** @param {World} world @param {Of<"trial.ended">} fact @param {number} t_ns */
function endTrial(world, { trial }, t_ns) {
  if (world.trial === trial) world.trial = null;
  world.trials = world.trials.map((each) => (each.trial === trial ? { ...each, to_ns: t_ns } : each));
}

/** @param {World} world @param {Of<"call.started" | "call.returned" | "call.notified">} fact
 *  @param {number} t_ns @param {Partial<import("../types").Call>} what */
function updateCall({ calls }, { call, task, style }, t_ns, what) {
  const known = calls.get(call) ?? {
    call,
    task,
    style,
    from_ns: t_ns,
    returned_ns: null,
    notified_ns: null,
    how: null,
    result: null,
    count: null,
  };
  calls.set(call, { ...known, ...what });
  const [oldest] = calls.keys();
  if (calls.size > MAX_CALLS) calls.delete(oldest);
}

/** @param {World} world @param {Of<"output">} fact @param {number} t_ns */
function write({ output }, { task, stream, text }, t_ns) {
  output.push({ task, stream, text, t_ns });
  if (output.length > MAX_OUTPUTS) output.shift();
}

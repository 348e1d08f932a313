// What holds at one instant, as a fold over entries: total, without a clock, chance or the page; it keeps no past.

/** @typedef {import("../types").World} World */
/** @typedef {import("../types").Task} Task */
/** @typedef {import("../types").Entry} Entry */
/** @typedef {import("../types").Fact} Fact */
/** @template {Fact["kind"]} K @typedef {Extract<Fact, { kind: K }>} Of */

const OUTPUTS = 200; // lines kept, newest last
const CALLS = 1024; // calls kept, newest last

/** @returns {World} */
export function empty() {
  return {
    t_ns: 0, run: null, tier: null, tasks: new Map(), cores: new Map(), trial: null, trials: [], claims: new Map(),
    values: new Map(), proof: new Map(), calls: new Map(), pipes: new Map(), memory: new Map(), cells: new Map(),
    measured: new Map(), output: [], counts: { switches: 0, preempted: 0, waits: 0, woken: 0 }, lost: 0, ended: null,
  };
}

/** A world of its own: containers are copied; records in them are never changed, only replaced, and so are shared.
 * @param {World} world @returns {World} */
export function fork(world) {
  const { tasks, cores, claims, values, proof, calls, pipes, memory, cells, measured } = world;
  return {
    ...world, tasks: new Map(tasks), cores: new Map(cores), trials: [...world.trials], claims: new Map(claims),
    values: new Map(values), proof: new Map(proof), calls: new Map(calls), pipes: new Map(pipes),
    memory: new Map(memory), cells: new Map(cells), measured: new Map(measured), output: [...world.output],
    counts: { ...world.counts },
  };
}

/** A world to look at, at t_ns: totals reach up to t_ns. Folding goes on from the draft, not from this one.
 * @param {World} draft @param {number} t_ns @returns {World} */
export function settle(draft, t_ns) {
  const world = fork(draft);
  world.t_ns = t_ns;
  for (const [number, task] of world.tasks) {
    const settled = accrue(task, t_ns);
    if (settled !== task) world.tasks.set(number, settled);
  }
  return world;
}

/** Folds one entry into a draft the caller owns (see fork) and returns it; an unknown kind changes nothing.
 * @param {World} world @param {Entry} entry @returns {World} */
export function reduce(world, { t_ns, fact }) {
  world.t_ns = t_ns;
  switch (fact.kind) {
    case "run.started": world.run = fact; world.tier = fact.tier; return world;
    case "run.stepped_down": world.tier = fact.tier; return world;
    case "run.ended": world.ended = fact; return world;
    case "trial.started": return startTrial(world, fact, t_ns);
    case "trial.ended": return endTrial(world, fact, t_ns);
    case "task.born": return bear(world, fact, t_ns);
    case "task.renamed": return amend(world, fact.task, t_ns, { name: fact.name });
    case "task.state": return change(world, fact, t_ns);
    case "task.died": return amend(world, fact.task, t_ns, { code: fact.code ?? null, signal: fact.signal ?? null });
    case "task.reaped": return reap(world, fact, t_ns);
    case "task.measured": world.measured.set(fact.task, fact); return world;
    case "step":
      return amend(world, fact.task, t_ns,
        { step: { label: fact.label, line: fact.line ?? null, code: fact.code ?? null } });
    case "call.started": return call(world, fact, t_ns, {});
    case "call.returned": return call(world, fact, t_ns, { returned_ns: t_ns, result: fact.result ?? null });
    case "call.notified":
      return call(world, fact, t_ns, { notified_ns: t_ns, how: fact.how ?? null, count: fact.count ?? null });
    case "cell.written": world.cells.set(`${fact.task}:${fact.name}`, fact); return world;
    case "memory.measured": world.memory.set(fact.task, fact); return world;
    case "pipe.filled": world.pipes.set(fact.pipe ?? "", { bytes: fact.bytes, capacity: fact.capacity }); return world;
    case "output": return write(world, fact, t_ns);
    case "signal.sent": case "action.taken": return world;
    case "claim.held": case "claim.broken": world.claims.set(fact.claim, fact); return world;
    case "value.measured": world.values.set(valueKey(fact.name, fact.trial), fact); return world;
    case "log.lost": world.lost += fact.count; return world;
    case "proof.checked": world.proof.set(fact.task, fact); return world;
    default: return unreachable(fact, world);
  }
}

/** tsc refuses this call as long as a kind of the vocabulary is not handled above; a later server's kind passes by.
 * @param {never} _fact @param {World} world */
function unreachable(_fact, world) {
  return world;
}

/** The key of a value in World.values.
 * @param {string} name @param {number | null} [trial] */
export function valueKey(name, trial) {
  return trial === null || trial === undefined ? name : `${name}@${trial}`;
}

/** @param {number} number @param {number} t_ns @returns {Task} a task of which nothing but the number is known yet */
function stranger(number, t_ns) {
  return {
    task: number, pid: 0, tid: 0, parent: 0, name: `#${number}`, type: "process", how: "fork", trial: null, role: null,
    state: "ready", cause: "born", since_ns: t_ns, cpu: null, waits_for: null, syscall: null, by: null, by_name: null,
    error_ns: null, step: null, code: null, signal: null, reaped: false, running_ns: 0, ready_ns: 0, blocked_ns: 0,
  };
}

/** The task with the time since its last change added to the total of its state.
 * @param {Task} task @param {number} t_ns @returns {Task} */
function accrue(task, t_ns) {
  const more = t_ns - task.since_ns;
  if (more <= 0) return task;
  switch (task.state) {
    case "running": return { ...task, running_ns: task.running_ns + more };
    case "ready": return { ...task, ready_ns: task.ready_ns + more };
    case "blocked": return { ...task, blocked_ns: task.blocked_ns + more };
    default: return task;
  }
}

/** @param {World} world @param {number} number @param {number} t_ns @param {Partial<Task>} what */
function amend(world, number, t_ns, what) {
  world.tasks.set(number, { ...(world.tasks.get(number) ?? stranger(number, t_ns)), ...what });
  return world;
}

/** @param {World} world @param {Of<"task.born">} fact @param {number} t_ns */
function bear(world, fact, t_ns) {
  const { kind: _, trial = null, role = null, ...who } = fact;
  return amend(world, fact.task, t_ns, { ...who, trial, role });
}

/** @param {World} world @param {Of<"task.state">} fact @param {number} t_ns */
function change(world, fact, t_ns) {
  const before = accrue(world.tasks.get(fact.task) ?? stranger(fact.task, t_ns), t_ns);
  leaveCore(world, before);
  const runs = fact.state === "running";
  const cpu = runs ? fact.cpu ?? null : before.cpu;
  if (runs && cpu !== null) world.cores.set(cpu, fact.task);
  world.tasks.set(fact.task, {
    ...before, state: fact.state, cause: fact.cause, since_ns: t_ns, cpu, waits_for: fact.waits_for ?? null,
    syscall: fact.syscall ?? null, by: fact.by ?? null, by_name: fact.by_name ?? null, error_ns: fact.error_ns ?? null,
  });
  const { counts } = world;
  if (fact.cause === "preempted") counts.preempted++;
  if (fact.cause === "waits") counts.waits++;
  if (fact.cause === "woken") counts.woken++;
  if (runs) counts.switches++; // as the server counts them: a task got a core
  return world;
}

/** @param {World} world @param {Task} task */
function leaveCore(world, task) {
  if (task.state === "running" && task.cpu !== null && world.cores.get(task.cpu) === task.task) {
    world.cores.delete(task.cpu);
  }
}

/** @param {World} world @param {Of<"task.reaped">} fact @param {number} t_ns */
function reap(world, fact, t_ns) {
  const before = accrue(world.tasks.get(fact.task) ?? stranger(fact.task, t_ns), t_ns);
  leaveCore(world, before);
  world.tasks.set(fact.task, { ...before, state: "zombie", since_ns: t_ns, reaped: true });
  return world;
}

/** @param {World} world @param {Of<"trial.started">} fact @param {number} t_ns */
function startTrial(world, { trial, params, label }, t_ns) {
  world.trial = trial;
  world.pipes.clear(); // a trial has pipes of its own
  world.trials.push({ trial, from_ns: t_ns, to_ns: null, params, label: label ?? null });
  return world;
}

/** @param {World} world @param {Of<"trial.ended">} fact @param {number} t_ns */
function endTrial(world, { trial }, t_ns) {
  if (world.trial === trial) world.trial = null;
  world.trials = world.trials.map((each) => (each.trial === trial ? { ...each, to_ns: t_ns } : each));
  return world;
}

/** @param {World} world @param {Of<"call.started" | "call.returned" | "call.notified">} fact
 *  @param {number} t_ns @param {Partial<import("../types").Call>} what */
function call(world, fact, t_ns, what) {
  const known = world.calls.get(fact.call) ?? {
    call: fact.call, task: fact.task, style: fact.style, from_ns: t_ns, returned_ns: null, notified_ns: null,
    how: null, result: null, count: null,
  };
  world.calls.set(fact.call, { ...known, ...what });
  if (world.calls.size > CALLS) world.calls.delete(/** @type {number} */ (world.calls.keys().next().value));
  return world;
}

/** @param {World} world @param {Of<"output">} fact @param {number} t_ns */
function write(world, { task, stream, text }, t_ns) {
  world.output.push({ task, stream, text, t_ns });
  if (world.output.length > OUTPUTS) world.output.shift();
  return world;
}

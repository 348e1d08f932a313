// Tasks and cores within the fold of world.js: what a fact about one task changes.

/** @typedef {import("../types").World} World */
/** @typedef {import("../types").Task} Task */
/** @typedef {Extract<import("../types").Fact, { kind: "task.state" }>} TaskState */

/** @param {number} task @param {number} t_ns @returns {Task} a task of which nothing but the number is known yet */
function unknownTask(task, t_ns) {
  return {
    ...{ task, pid: 0, tid: 0, parent: 0, name: `#${task}`, type: "process", how: "fork", trial: null, role: null },
    ...{ state: "ready", cause: "born", since_ns: t_ns, cpu: null, waits_for: null, syscall: null, by: null },
    ...{ by_name: null, error_ns: null, step: null, code: null, signal: null, reaped: false },
    ...{ running_ns: 0, ready_ns: 0, blocked_ns: 0 },
  };
}

/** @param {World} world @param {number} number @param {number} t_ns */
const taskOf = (world, number, t_ns) => world.tasks.get(number) ?? unknownTask(number, t_ns);

/** @param {World} world @param {number} number @param {number} t_ns @param {Partial<Task>} what */
export function updateTask(world, number, t_ns, what) {
  world.tasks.set(number, { ...taskOf(world, number, t_ns), ...what });
}

/** The task with the time since its last change added to the total of its state.
 * @param {Task} task @param {number} t_ns @returns {Task} */
export function timeTo(task, t_ns) {
  const more = t_ns - task.since_ns;
  if (more <= 0) return task;
  if (task.state === "running") return { ...task, running_ns: task.running_ns + more };
  if (task.state === "ready") return { ...task, ready_ns: task.ready_ns + more };
  if (task.state === "blocked") return { ...task, blocked_ns: task.blocked_ns + more };
  return task;
}

/** @param {World} world @param {TaskState} fact @param {number} t_ns */
export function changeState(world, fact, t_ns) {
  const { task, state, cause, waits_for = null, syscall = null, by = null, by_name = null, error_ns = null } = fact;
  const before = timeTo(taskOf(world, task, t_ns), t_ns);
  leaveCore(world, before);
  const runs = state === "running";
  const cpu = runs ? (fact.cpu ?? null) : before.cpu;
  if (runs && cpu !== null) world.cores.set(cpu, task);
  const now = { state, cause, since_ns: t_ns, cpu, waits_for, syscall, by, by_name, error_ns };
  world.tasks.set(task, { ...before, ...now });
  const { counts } = world;
  if (cause === "preempted" || cause === "waits" || cause === "woken") counts[cause]++;
  if (runs) counts.switches++; // as the server counts them: a task got a core
}

/** @param {World} world @param {Task} task */
function leaveCore({ cores }, { task, state, cpu }) {
  if (state === "running" && cpu !== null && cores.get(cpu) === task) cores.delete(cpu);
}

/** @param {World} world @param {number} number @param {number} t_ns */
export function reapTask(world, number, t_ns) {
  const before = timeTo(taskOf(world, number, t_ns), t_ns);
  leaveCore(world, before);
  world.tasks.set(number, { ...before, state: "zombie", since_ns: t_ns, reaped: true });
}

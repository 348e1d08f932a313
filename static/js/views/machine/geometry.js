// The diagram of states as geometry: where each state lies, the transitions between them, where each task's token stands.

/** @typedef {import("../../types").World} World */
/** @typedef {import("../../types").Task} Task */

export const SIZE = { width: 300, height: 226 };

/** Centre and radius of each state. */
export const PLACES = {
  ready: { x: 62, y: 60, r: 46 },
  running: { x: 238, y: 60, r: 46 },
  blocked: { x: 150, y: 172, r: 50 },
  stopped: { x: 38, y: 186, r: 34 },
  zombie: { x: 262, y: 186, r: 34 },
};

/** The transitions by cause: the path of the arrow, and where its word stands. */
export const TRANSITIONS = {
  dispatched: { d: "M106 46Q150 24 192 46", x: 150, y: 22, anchor: "middle" },
  preempted: { d: "M194 76Q150 98 108 76", x: 150, y: 106, anchor: "middle" },
  waits: { d: "M216 101L187 134", x: 222, y: 126, anchor: "start" },
  woken: { d: "M113 134L86 101", x: 72, y: 130, anchor: "end" },
};

/** The newest change of state at the playhead, the selected task's, or of all but those that act from outside; null before
 * any. @param {World} world @param {number | null} selected @param {string[]} outside roles @returns {Task | null} */
export function lastTransition(world, selected, outside) {
  const tasks = tasksOf(world).filter((task) => task.since_ns <= world.t_ns && task.cause !== "born");
  const chosen = tasks.find((task) => task.task === selected);
  if (chosen) return chosen;
  /** @type {Task | null} */
  let last = null;
  for (const task of tasks) {
    if (!outside.includes(task.role ?? "") && task.since_ns >= (last?.since_ns ?? 0)) last = task;
  }
  return last;
}

/** The tasks of the trial on screen that are still in the process table. @param {World} world */
export function tasksOf(world) {
  const trial = world.trial ?? world.trials.at(-1)?.trial ?? null;
  return [...world.tasks.values()].filter((task) => task.trial === trial && !task.reaped);
}

/** Where each token stands: those of one state one above the other. @param {World} world */
export function markerPositions(world) {
  /** @type {Map<Task["state"], Task[]>} */
  const groups = new Map();
  for (const task of tasksOf(world)) groups.set(task.state, [...(groups.get(task.state) ?? []), task]);
  return [...groups].flatMap(([state, tasks]) =>
    tasks.map((task, i) => ({ task, ...tokenPlace(state, i, tasks.length) })),
  );
}

/** @param {Task["state"]} state @param {number} i @param {number} count */
function tokenPlace(state, i, count) {
  const { x, y, r } = PLACES[state];
  const [down, pitch] = count > 2 ? [17, 20.5] : [13, 23];
  return { x, y: y + down + (i - (count - 1) / 2) * pitch + (r < 40 ? 4 : 0) };
}

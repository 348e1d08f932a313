// How every process of a trial ended, from the world at the playhead: what its parent got, what a shell says, who said bye.

/** @typedef {import("../../types").World} World */
/** @typedef {import("../../types").Task} Task */
/** @typedef {{ task: Task, ended: boolean, code: number | null, signal: number | null, dollar: number | null,
 *   said: boolean, reaped: boolean }} End  `dollar`: what a shell would print as $? */

/** The trial that is on at the playhead, or was last. @param {World} world */
export const trialOf = (world) => world.trials.at(-1)?.trial ?? null;

/** The processes that the stage has started in a trial, in order of birth. @param {World} world @param {number | null} trial */
const started = (world, trial) =>
  [...world.tasks.values()]
    .filter((task) => task.parent === 0 && task.type === "process" && task.role !== null && task.trial === trial)
    .sort((a, b) => a.task - b.task);

/** A shell's $?: the low 8 bits of an exit code, or 128 + the number of a signal (POSIX, Shell Command Language, 2.8.2).
 * @param {number | null} code @param {number | null} signal */
export function dollarOf(code, signal) {
  if (signal !== null) return 128 + signal;
  return code === null ? null : code & 255;
}

/** @param {World} world @param {string} bye @returns {End[]} */
export function endsOf(world, bye) {
  const spoken = new Set(
    world.output.filter(({ stream, text }) => stream === "stdout" && text.trim() === bye).map(({ task }) => task),
  );
  const ends = started(world, trialOf(world)).map((task) => {
    const { code, signal, reaped } = task;
    const ended = code !== null || signal !== null;
    return { task, ended, code, signal, dollar: dollarOf(code, signal), said: spoken.has(task.task), reaped };
  });
  return ends.every((end) => end.ended) ? ends.toSorted((a, b) => Number(b.said) - Number(a.said)) : ends;
}

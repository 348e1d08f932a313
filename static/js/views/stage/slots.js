// Where every task of a trial stands on the stage: in the ready queue, at a core, among those who wait, or ended. Pure.
import { timelineOf } from "../../engine/timeline.js";
import { coresShown } from "../../plot/layout.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("../../types").World} World */
/** @typedef {import("../../types").Task} Task */
/** @typedef {{ task: Task, place: string }} Placed  place: "ready", "blocked", "stopped", "ended" or a CPU as "cpu:0" */

/** @type {Record<string, number>} */
const ORDER = { ready: 0, blocked: 1 };

/** Where every task of the current trial stands; queues in the order in which they were joined. Pure.
 * @param {World} world @returns {Placed[]} */
export function places(world) {
  const own = [...world.tasks.values()].filter((one) => one.trial === world.trial || one.trial === null);
  const placed = own.map((task) => ({ task, place: indexOfSlide(task) }));
  return placed.sort(
    (a, b) =>
      (ORDER[a.place] ?? 9) - (ORDER[b.place] ?? 9) || a.task.since_ns - b.task.since_ns || a.task.task - b.task.task,
  );
}

/** @param {Task} task */
function indexOfSlide(task) {
  if (task.reaped || task.state === "zombie" || task.code != null || task.signal != null) return "ended";
  return task.state === "running" ? `cpu:${task.cpu}` : task.state;
}

/** The CPUs of the seats to draw: those of the trial, and of anyone running now. @param {Scene} scene */
export function seatCpus({ world, tracks, version }) {
  const timeline = timelineOf(tracks, version);
  const trial = timeline.trials.find((one) => one.trial === world.trial) ?? null;
  const used = new Set(tracks.cores().filter((cpu) => ranOn(tracks, cpu, trial, tracks.end_ns)));
  for (const cpu of world.cores.keys()) used.add(cpu);
  return coresShown(timeline, trial, used);
}

/** @param {import("../../types").Tracks} tracks @param {number} cpu @param {import("../../engine/timeline.js").Trial | null} trial
 * @param {number} end_ns */
const ranOn = (tracks, cpu, trial, end_ns) =>
  tracks.busy(cpu, trial?.from_ns ?? 0, Math.max(1, trial?.to_ns ?? end_ns), 1)[0] > 0;

// What lies where in the pipeline at one instant, read out of the log. Pure.
import { grouped } from "../../engine/scale.js";
import { timelineOf } from "../../engine/timeline.js";
import { wakesOf } from "./wakes.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("../../types").Task} Task */
/** @typedef {import("../../types").Drawn} Drawn */
/** @typedef {import("../../engine/timeline.js").Timeline} Timeline */
/** @typedef {import("../../engine/timeline.js").Trial} Trial */
/** @typedef {{ t_ns: number, text: string, many: boolean }} Written  a line, or how many lines at once */
/**
 * @typedef {{ trial: Trial, roles: Map<string, number>, written: Written[], writes: { t_ns: number }[],
 *   printed: { t_ns: number, text: string }[] }} Pipeline  of one trial; `writes`: when the writer's steps wrote
 * @typedef {{ pipeline: Pipeline | null, tasks: Record<"writer" | "tail" | "grep", Task | null>, level: number, capacity: number,
 *   buffered: boolean, buffer_bytes: number | null, buffer_capacity: number, written: Written[], printed: string,
 *   wakes: ReturnType<typeof wakesOf> }} Read  `buffered`: grep collects its output; `buffer_bytes` null: not known, or gone
 */

const PRINTED = 60; // outputs that are looked through
const KEPT = 3000; // characters of the terminal that are kept

/** The pipeline of a trial. @param {Timeline} timeline @param {Trial} trial @param {Drawn} drawn @returns {Pipeline} */
export function pipelineOf(timeline, trial, { writes = {} }) {
  const roles = new Map(timeline.tasksOf(trial.trial).map(({ role, task }) => [role ?? "", task]));
  const lines = trial.outputs.filter(({ stream }) => stream === "log");
  const steps = trial.steps.filter(({ label }) => Object.hasOwn(writes, label));
  const many = steps.filter(({ label }) => writes[label] > 1);
  const written = [
    ...lines.map(({ t_ns, text }) => ({ t_ns, text: text.trimEnd(), many: false })),
    ...many.map(({ t_ns, label }) => ({ t_ns, text: grouped(writes[label]), many: true })),
  ].sort((a, b) => a.t_ns - b.t_ns);
  return { trial, roles, written, writes: steps, printed: trial.outputs.filter(({ stream }) => stream === "terminal") };
}

/** What had come by then, the newest `most`. @template {{ t_ns: number }} T @param {T[]} list @param {number} t_ns
 * @param {number} most */
export function latestUpTo(list, t_ns, most) {
  const count = list.findLastIndex((each) => each.t_ns <= t_ns) + 1;
  return list.slice(Math.max(0, count - most), count);
}

/** Everything the picture shows at the playhead. @param {Scene} scene @param {number} lines how many of the log
 * @param {Drawn} drawn @returns {Read} */
export function pipeAt({ world, tracks, version, t_ns }, lines, drawn) {
  const timeline = timelineOf(tracks, version);
  const trial = timeline.trialAt(t_ns);
  const pipeline = trial && pipelineOf(timeline, trial, drawn);
  const pipe = world.pipes.get("") ?? { bytes: 0, capacity: Number(trial?.params.pipe ?? 65536) };
  const stdio = world.pipes.get("stdio");
  /** @param {string} role */
  const task = (role) => world.tasks.get(pipeline?.roles.get(role) ?? 0) ?? null;
  const printed = pipeline ? latestUpTo(pipeline.printed, t_ns, PRINTED) : [];
  return {
    ...{ pipeline, capacity: pipe.capacity, buffered: trial?.params.buffered === true },
    level: sleepsForData(task("grep")) ? 0 : pipe.bytes,
    buffer_bytes: hasEnded(task("grep")) ? null : (stdio?.bytes ?? null),
    buffer_capacity: stdio?.capacity ?? 4096,
    tasks: { writer: task("writer"), tail: task("tail"), grep: task("grep") },
    written: pipeline ? latestUpTo(pipeline.written, t_ns, lines) : [],
    printed: newestLines(printed.map(({ text }) => text).join("")),
    wakes: pipeline ? wakesOf(pipeline, tracks, t_ns) : { tail: null, grep: null },
  };
}

/** The newest whole lines of a text. @param {string} text */
function newestLines(text) {
  if (text.length <= KEPT) return text;
  const cut = text.slice(-KEPT);
  return cut.slice(cut.indexOf("\n") + 1);
}

/** Whether a task sleeps in a read of its pipe. Then the pipe is empty (pipe(7)), whatever the last look at it found: its
 * level is asked for now and then, and the last answer may be older than the sleep.
 * @param {Task | null} task */
const sleepsForData = (task) => task?.state === "blocked" && task.waits_for === "pipe_read";

const INPUT = new Set(["pipe_read", "poll", "sleep"]); // tail polls its notices, or sleeps until it looks again

/** At which end a task sleeps, and so where its state is drawn: the end it reads from, or the end it writes to; null
 * where it does not sleep, or for a reason that is neither, or not known.
 * @param {Task | null} task @returns {"in" | "out" | null} */
export function pipeEndOf(task) {
  if (task?.state !== "blocked") return null;
  if (task.waits_for === "pipe_write") return "out";
  return INPUT.has(task.waits_for ?? "") ? "in" : null;
}

/** Whether a task has ended. @param {Task | null} task */
export const hasEnded = (task) => task !== null && (task.state === "zombie" || task.reaped);

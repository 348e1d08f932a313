// Who was on which core when: a track a core, folded from the state changes of all tasks, lazily and from the first changed instant on.
import { StateColumns } from "./columns.js";

/** @typedef {import("./ordered_entries.js").OrderedEntries} OrderedEntries */

const BUSY = 0; // code of an interval with a task …
const FREE = 1; // … and of one without a task of this run

export class CoreIndex {
  #entries;
  /** @type {Map<number, StateColumns>} */
  #tracks = new Map();
  #clean_ns = -Infinity; // intervals that began before this instant stand
  #stale = true;

  /** @param {OrderedEntries} entries */
  constructor(entries) {
    this.#entries = entries;
  }

  /** @param {number} cpu */
  #track(cpu) {
    const track = this.#tracks.get(cpu) ?? new StateColumns(2, 1);
    this.#tracks.set(cpu, track);
    return track;
  }

  /** Which task is on which core just before the instant from which intervals are folded again.
   * @returns {Map<number, number>} task -> cpu */
  #cut() {
    const on = new Map();
    for (const [cpu, columns] of this.#tracks) {
      columns.truncate(columns.firstIndexFrom(this.#clean_ns));
      const top = columns.length - 1;
      if (top >= 0 && columns.code[top] === BUSY) on.set(columns.value[top], cpu);
    }
    return on;
  }

  #fold() {
    if (!this.#stale) return;
    this.#stale = false;
    const on = this.#cut();
    const entries = this.#entries;
    for (let i = entries.countBefore(this.#clean_ns); i < entries.length; i++) {
      const { t_ns, fact } = entries.entryAt(i);
      if (fact.kind === "task.reaped") this.#move(on, fact.task, null, t_ns, entries.positionAt(i));
      if (fact.kind !== "task.state") continue;
      const cpu = fact.state === "running" ? (fact.cpu ?? null) : null;
      this.#move(on, fact.task, cpu, t_ns, entries.positionAt(i));
    }
    this.#clean_ns = entries.end_ns;
  }

  /** The task is on this core from now on, or on none.
   * @param {Map<number, number>} on @param {number} task @param {number | null} cpu @param {number} t_ns
   * @param {number} position */
  #move(on, task, cpu, t_ns, position) {
    const was = on.get(task);
    if (was !== undefined && was !== cpu) {
      const track = this.#track(was);
      if (holds(track, task)) track.insert(t_ns, position, FREE, 0);
      on.delete(task);
    }
    if (cpu === null) return;
    const track = this.#track(cpu);
    if (!holds(track, task)) track.insert(t_ns, position, BUSY, task);
    on.set(task, cpu);
  }

  /** Something changed at this instant. @param {number} t_ns */
  invalidateFrom(t_ns) {
    this.#stale = true;
    this.#clean_ns = Math.min(this.#clean_ns, t_ns);
  }

  /** The cpus on which a task was seen, ascending. */
  cpus() {
    this.#fold();
    const used = [...this.#tracks].filter(([, columns]) => columns.length);
    return used.map(([cpu]) => cpu).sort((a, b) => a - b);
  }

  /** @param {number} cpu @returns {import("../types").CoreTrack} */
  track(cpu) {
    this.#fold();
    const { length, from_ns, value } = this.#track(cpu);
    return { cpu, length, from_ns, task: value };
  }

  /** @param {number} cpu @param {number} from_ns @param {number} to_ns @param {number} buckets */
  busy(cpu, from_ns, to_ns, buckets) {
    this.#fold();
    return this.#track(cpu).shares(from_ns, to_ns, buckets, this.#entries.end_ns);
  }
}

/** Whether the task is on the core at the end of its intervals: another may have been recorded there in between.
 * @param {StateColumns} columns @param {number} task */
function holds(columns, task) {
  const top = columns.length - 1;
  return top >= 0 && columns.code[top] === BUSY && columns.value[top] === task;
}

// Who was on which core when: the story's state changes folded by core, lazily and from the first changed instant on.
import { StateColumns } from "./columns.js";

/** @typedef {import("./ordered_entries.js").OrderedEntries} Story */

const BUSY = 0; // code of a row with a task …
const FREE = 1; // … and of one without a task of this run

export class CoreIndex {
  #story;
  /** @type {Map<number, StateColumns>} */
  #lanes = new Map();
  #clean_ns = -Infinity; // rows before this instant stand
  #stale = true;

  /** @param {Story} story */
  constructor(story) {
    this.#story = story;
  }

  /** @param {number} cpu */
  #lane(cpu) {
    const lane = this.#lanes.get(cpu) ?? new StateColumns(2, 1);
    this.#lanes.set(cpu, lane);
    return lane;
  }

  /** Which task is on which core just before the instant from which rows are folded again.
   * @returns {Map<number, number>} task -> cpu */
  #cut() {
    const on = new Map();
    for (const [cpu, columns] of this.#lanes) {
      columns.truncate(columns.firstRowFrom(this.#clean_ns));
      const top = columns.length - 1;
      if (top >= 0 && columns.code[top] === BUSY) on.set(columns.value[top], cpu);
    }
    return on;
  }

  #fold() {
    if (!this.#stale) return;
    this.#stale = false;
    const on = this.#cut();
    const story = this.#story;
    for (let i = story.countBefore(this.#clean_ns); i < story.length; i++) {
      const { t_ns, fact } = story.entryAt(i);
      if (fact.kind === "task.reaped") this.#move(on, fact.task, null, t_ns, story.positionAt(i));
      if (fact.kind !== "task.state") continue;
      const cpu = fact.state === "running" ? (fact.cpu ?? null) : null;
      this.#move(on, fact.task, cpu, t_ns, story.positionAt(i));
    }
    this.#clean_ns = story.end_ns;
  }

  /** The task is on this core from now on, or on none.
   * @param {Map<number, number>} on @param {number} task @param {number | null} cpu @param {number} t_ns
   * @param {number} position */
  #move(on, task, cpu, t_ns, position) {
    const was = on.get(task);
    if (was !== undefined && was !== cpu) {
      const lane = this.#lane(was);
      if (holds(lane, task)) lane.insert(t_ns, position, FREE, 0);
      on.delete(task);
    }
    if (cpu === null) return;
    const lane = this.#lane(cpu);
    if (!holds(lane, task)) lane.insert(t_ns, position, BUSY, task);
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
    const used = [...this.#lanes].filter(([, columns]) => columns.length);
    return used.map(([cpu]) => cpu).sort((a, b) => a - b);
  }

  /** @param {number} cpu @returns {import("../types").CoreLane} */
  lane(cpu) {
    this.#fold();
    const { length, from_ns, value } = this.#lane(cpu);
    return { cpu, length, from_ns, task: value };
  }

  /** @param {number} cpu @param {number} from_ns @param {number} to_ns @param {number} columns */
  busy(cpu, from_ns, to_ns, columns) {
    this.#fold();
    return this.#lane(cpu).shares(from_ns, to_ns, columns, this.#story.end_ns);
  }
}

/** Whether the task is on the core at the end of its rows: another may have been recorded there in between.
 * @param {StateColumns} columns @param {number} task */
function holds(columns, task) {
  const top = columns.length - 1;
  return top >= 0 && columns.code[top] === BUSY && columns.value[top] === task;
}

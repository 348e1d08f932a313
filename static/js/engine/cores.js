// Who was on which core when: the story's state changes folded by core, lazily and from the first changed instant on.
import { createColumns } from "./columns.js";

/** @typedef {import("./columns.js").Columns} Columns */

const BUSY = 0; // code of a row with a task; the other code, 1, is "no task of this run"

/** @param {import("./story.js").Story} story */
export function createCores(story) {
  /** @type {Map<number, Columns>} */
  const lanes = new Map();
  let clean_ns = -Infinity; // rows before this instant stand
  let stale = true;

  /** @param {number} cpu */
  function lane(cpu) {
    let found = lanes.get(cpu);
    if (!found) {
      found = createColumns(2, 1);
      lanes.set(cpu, found);
    }
    return found;
  }

  /** Which task is on which core just before the instant from which rows are folded again.
   * @returns {Map<number, number>} task -> cpu */
  function cut() {
    const on = new Map();
    for (const [cpu, columns] of lanes) {
      columns.truncate(columns.first(clean_ns));
      const top = columns.length - 1;
      if (top >= 0 && columns.code[top] === BUSY) on.set(columns.value[top], cpu);
    }
    return on;
  }

  function fold() {
    if (!stale) return;
    stale = false;
    const on = cut();
    for (let i = story.before(clean_ns); i < story.length; i++) {
      const { t_ns, fact } = story.entry(i);
      if (fact.kind !== "task.state" && fact.kind !== "task.reaped") continue;
      const runs = fact.kind === "task.state" && fact.state === "running" ? (fact.cpu ?? null) : null;
      const was = on.get(fact.task);
      if (was !== undefined && was !== runs) {
        if (holds(lane(was), fact.task)) lane(was).insert(t_ns, story.position(i), 1, 0);
        on.delete(fact.task);
      }
      if (runs !== null) {
        if (!holds(lane(runs), fact.task)) lane(runs).insert(t_ns, story.position(i), BUSY, fact.task);
        on.set(fact.task, runs);
      }
    }
    clean_ns = story.end_ns;
  }

  return {
    /** Something changed at this instant. @param {number} t_ns */
    dirty(t_ns) {
      stale = true;
      clean_ns = Math.min(clean_ns, t_ns);
    },

    cpus() {
      fold();
      return [...lanes]
        .filter(([, columns]) => columns.length)
        .map(([cpu]) => cpu)
        .sort((a, b) => a - b);
    },

    /** @param {number} cpu @returns {import("../types").CoreLane} */
    lane(cpu) {
      fold();
      const { length, from_ns, value } = lane(cpu);
      return { cpu, length, from_ns, task: value };
    },

    /** @param {number} cpu @param {number} from_ns @param {number} to_ns @param {number} columns */
    busy(cpu, from_ns, to_ns, columns) {
      fold();
      return lane(cpu).shares(from_ns, to_ns, columns, story.end_ns);
    },
  };
}

/** Whether the task is on the core at the end of its rows: another may have been recorded there in between.
 * @param {Columns} columns @param {number} task */
function holds(columns, task) {
  const top = columns.length - 1;
  return top >= 0 && columns.code[top] === BUSY && columns.value[top] === task;
}

// Who was in which state when: a columnar index of a story's intervals and marks, for lanes and transcripts; no drawing.
import { createColumns } from "./columns.js";
import { createCores } from "./cores.js";
import { begunWith } from "./sorted.js";
import { createStory } from "./story.js";

/** @typedef {import("../types").Entry} Entry */
/** @typedef {import("../types").Interval} Interval */
/** @typedef {import("../types").State} State */
/** @typedef {import("./columns.js").Columns} Columns */

/** Index = code of Lane.state; 5 is "gone". @type {State[]} */
export const STATES = ["ready", "running", "blocked", "stopped", "zombie"];
const GONE = 5;
const CODES = new Map(STATES.map((state, code) => [state, code]));

/** @typedef {{ columns: Columns, entries: Entry[], cpu: Int16Array }} Rows */

/** @param {import("./story.js").Story} story entries are added to it by the owner, who then says so by `added`
 *  @returns {import("../types").Tracks & { added(index: number): void }} */
export function createTracks(story) {
  /** @type {Map<number, Rows>} */
  const lanes = new Map();
  const marks = createStory();
  const cores = createCores(story);
  /** @type {number[] | null} */
  let order = null;

  /** @param {number} task */
  function rows(task) {
    let found = lanes.get(task);
    if (!found) {
      found = { columns: createColumns(STATES.length + 1, STATES.length), entries: [], cpu: new Int16Array(64) };
      lanes.set(task, found);
      order = null;
    }
    return found;
  }

  /** @param {Rows} lane @param {number} position @param {Entry} entry @param {number} code @param {number} cpu */
  function open(lane, position, entry, code, cpu) {
    const row = lane.columns.insert(entry.t_ns, position, code, cpu);
    if (row === lane.entries.length) lane.entries.push(entry);
    else lane.entries.splice(row, 0, entry);
    if (lane.cpu.length < lane.entries.length) {
      lane.cpu = begunWith(new Int16Array(lane.cpu.length * 2), lane.cpu);
    }
    lane.cpu.copyWithin(row + 1, row, lane.entries.length - 1);
    lane.cpu[row] = cpu;
  }

  /** @param {number} task @param {Rows} lane @param {number} row @returns {Interval | null} */
  function interval(task, lane, row) {
    const { columns, entries } = lane;
    const { t_ns, source, fact } = entries[row];
    if (fact.kind !== "task.state") return null;
    const { state, cause, cpu = null, waits_for = null, syscall = null, by = null, by_name = null } = fact;
    return {
      task,
      from_ns: t_ns,
      to_ns: row + 1 < columns.length ? columns.from_ns[row + 1] : null,
      state,
      cause,
      cpu,
      waits_for,
      syscall,
      by,
      by_name,
      error_ns: fact.error_ns ?? null,
      source,
      position: columns.position[row],
    };
  }

  /** @param {number} t_ns @param {number} task @param {1 | -1} step */
  function change(t_ns, task, step) {
    const columns = lanes.get(task)?.columns;
    if (!columns) return null;
    const row = step > 0 ? columns.find(t_ns) + 1 : columns.first(t_ns) - 1;
    return row >= 0 && row < columns.length ? columns.from_ns[row] : null;
  }

  /** @param {number} t_ns @param {number} task @param {1 | -1} step */
  function mark(t_ns, task, step) {
    const start = step > 0 ? marks.upTo(t_ns) : marks.before(t_ns) - 1;
    for (let i = start; i >= 0 && i < marks.length; i += step) {
      const { fact } = marks.entry(i);
      if (("task" in fact && fact.task === task) || ("to" in fact && fact.to === task)) return marks.time(i);
    }
    return null;
  }

  return {
    get end_ns() {
      return story.end_ns;
    },

    added(index) {
      const entry = story.entry(index);
      const { fact } = entry;
      const position = story.position(index);
      if (fact.kind !== "task.state") marks.add(position, entry);
      if (fact.kind === "task.born") rows(fact.task);
      if (fact.kind === "task.reaped") open(rows(fact.task), position, entry, GONE, -1);
      if (fact.kind !== "task.state" && fact.kind !== "task.reaped") return;
      if (fact.kind === "task.state") {
        open(rows(fact.task), position, entry, CODES.get(fact.state) ?? GONE, fact.cpu ?? -1);
      }
      cores.dirty(entry.t_ns);
    },

    tasks() {
      order ??= [...lanes.keys()].sort((a, b) => a - b);
      return order;
    },

    lane(task) {
      const lane = rows(task);
      const { length, from_ns, code } = lane.columns;
      return { task, length, from_ns, state: code, cpu: lane.cpu };
    },

    *between(task, from_ns, to_ns) {
      const lane = lanes.get(task);
      if (!lane) return;
      for (let row = Math.max(0, lane.columns.find(from_ns)); row < lane.columns.length; row++) {
        if (lane.columns.from_ns[row] > to_ns) return;
        const found = interval(task, lane, row);
        if (found) yield found;
      }
    },

    at(task, t_ns) {
      const lane = lanes.get(task);
      const row = lane ? lane.columns.find(t_ns) : -1;
      return lane && row >= 0 ? interval(task, lane, row) : null;
    },

    *marks(from_ns, to_ns) {
      const end = marks.upTo(to_ns);
      for (let i = marks.before(from_ns); i < end; i++) {
        yield { t_ns: marks.time(i), position: marks.position(i), entry: marks.entry(i) };
      }
    },

    next(t_ns, task = null) {
      if (task !== null) return nearer(change(t_ns, task, 1), mark(t_ns, task, 1), Math.min);
      const index = story.upTo(t_ns);
      return index < story.length ? story.time(index) : null;
    },

    previous(t_ns, task = null) {
      if (task !== null) return nearer(change(t_ns, task, -1), mark(t_ns, task, -1), Math.max);
      const index = story.before(t_ns) - 1;
      return index >= 0 ? story.time(index) : null;
    },

    entries(from_ns, to_ns, limit) {
      const found = [];
      const end = story.upTo(to_ns);
      for (let i = story.before(from_ns); i < end && found.length < limit; i++) {
        found.push({ position: story.position(i), entry: story.entry(i) });
      }
      return found;
    },

    shares: (task, from_ns, to_ns, columns) => rows(task).columns.shares(from_ns, to_ns, columns, story.end_ns),
    change: (task, t_ns, step) => change(t_ns, task, step),
    cores: () => cores.cpus(),
    core: (cpu) => cores.lane(cpu),
    busy: (cpu, from_ns, to_ns, columns) => cores.busy(cpu, from_ns, to_ns, columns),
  };
}

/** @param {number | null} a @param {number | null} b @param {(a: number, b: number) => number} better */
function nearer(a, b, better) {
  if (a === null || b === null) return a ?? b;
  return better(a, b);
}

// Who was in which state when: a columnar index of a story's intervals and marks, for lanes and transcripts.
import { StateColumns } from "./columns.js";
import { CoreIndex } from "./cores.js";
import { OrderedEntries } from "./ordered_entries.js";

/** @typedef {import("../types").Tracks} Tracks */
/** @typedef {import("../types").Entry} Entry */
/** @typedef {import("../types").Interval} Interval */
/** @typedef {import("../types").State} State */
/** @typedef {{ columns: StateColumns, entries: Entry[] }} Rows */

/** Index = code of Lane.state; 5 is "gone". @type {State[]} */
export const STATES = ["ready", "running", "blocked", "stopped", "zombie"];
const GONE = 5;
const CODES = new Map(STATES.map((state, code) => [state, code]));

/** @implements {Tracks} */
export class TrackIndex {
  #story;
  #cores;
  #marks = new OrderedEntries();
  /** @type {Map<number, Rows>} */
  #lanes = new Map();

  /** @param {OrderedEntries} story entries are added to it by the owner, who then calls `onAdded` */
  constructor(story) {
    this.#story = story;
    this.#cores = new CoreIndex(story);
  }

  get end_ns() {
    return this.#story.end_ns;
  }

  /** @param {number} task */
  #rows(task) {
    const rows = this.#lanes.get(task) ?? { columns: new StateColumns(STATES.length + 1, STATES.length), entries: [] };
    this.#lanes.set(task, rows);
    return rows;
  }

  /** The story got an entry at this index. @param {number} index */
  onAdded(index) {
    const entry = this.#story.entryAt(index);
    const { fact } = entry;
    const position = this.#story.positionAt(index);
    if (fact.kind !== "task.state") this.#marks.add(position, entry);
    if (fact.kind === "task.born") this.#rows(fact.task);
    if (fact.kind === "task.reaped") this.#open(fact.task, position, entry, GONE, -1);
    if (fact.kind === "task.state") {
      this.#open(fact.task, position, entry, CODES.get(fact.state) ?? GONE, fact.cpu ?? -1);
    }
  }

  /** @param {number} task @param {number} position @param {Entry} entry @param {number} code @param {number} cpu */
  #open(task, position, entry, code, cpu) {
    const { columns, entries } = this.#rows(task);
    const row = columns.insert(entry.t_ns, position, code, cpu);
    if (row === entries.length) entries.push(entry);
    else entries.splice(row, 0, entry);
    this.#cores.invalidateFrom(entry.t_ns);
  }

  /** By number. */
  tasks() {
    return [...this.#lanes.keys()].sort((a, b) => a - b);
  }

  /** @param {number} task @returns {import("../types").Lane} */
  lane(task) {
    const { length, from_ns, code, value } = this.#rows(task).columns;
    return { task, length, from_ns, state: code, cpu: value };
  }

  /** @param {number} task @param {number} from_ns @param {number} to_ns */
  *between(task, from_ns, to_ns) {
    const rows = this.#lanes.get(task);
    if (!rows) return;
    const { columns } = rows;
    for (let row = Math.max(0, columns.rowAt(from_ns)); row < columns.length; row++) {
      if (columns.from_ns[row] > to_ns) return;
      const interval = intervalOf(task, rows, row);
      if (interval) yield interval;
    }
  }

  /** @param {number} task @param {number} t_ns */
  at(task, t_ns) {
    const rows = this.#lanes.get(task);
    const row = rows ? rows.columns.rowAt(t_ns) : -1;
    return rows && row >= 0 ? intervalOf(task, rows, row) : null;
  }

  /** @param {number} from_ns @param {number} to_ns */
  *marks(from_ns, to_ns) {
    const marks = this.#marks;
    const end = marks.countUpTo(to_ns);
    for (let i = marks.countBefore(from_ns); i < end; i++) {
      yield { t_ns: marks.timeAt(i), position: marks.positionAt(i), entry: marks.entryAt(i) };
    }
  }

  /** @param {number} t_ns @param {number | null} [task] */
  next(t_ns, task = null) {
    if (task !== null) return nearer(this.change(task, t_ns, 1), this.#mark(t_ns, task, 1), Math.min);
    const index = this.#story.countUpTo(t_ns);
    return index < this.#story.length ? this.#story.timeAt(index) : null;
  }

  /** @param {number} t_ns @param {number | null} [task] */
  previous(t_ns, task = null) {
    if (task !== null) return nearer(this.change(task, t_ns, -1), this.#mark(t_ns, task, -1), Math.max);
    const index = this.#story.countBefore(t_ns) - 1;
    return index >= 0 ? this.#story.timeAt(index) : null;
  }

  /** Instant of the next or previous mark of a task. @param {number} t_ns @param {number} task @param {1 | -1} step */
  #mark(t_ns, task, step) {
    const marks = this.#marks;
    const start = step > 0 ? marks.countUpTo(t_ns) : marks.countBefore(t_ns) - 1;
    for (let i = start; i >= 0 && i < marks.length; i += step) {
      const { fact } = marks.entryAt(i);
      if (("task" in fact && fact.task === task) || ("to" in fact && fact.to === task)) return marks.timeAt(i);
    }
    return null;
  }

  /** @param {number} from_ns @param {number} to_ns @param {number} limit */
  entries(from_ns, to_ns, limit) {
    const story = this.#story;
    const first = story.countBefore(from_ns);
    const count = Math.max(0, Math.min(limit, story.countUpTo(to_ns) - first));
    return Array.from({ length: count }, (_, i) => ({
      position: story.positionAt(first + i),
      entry: story.entryAt(first + i),
    }));
  }

  /** @param {number} task @param {number} from_ns @param {number} to_ns @param {number} columns */
  shares(task, from_ns, to_ns, columns) {
    return this.#rows(task).columns.shares(from_ns, to_ns, columns, this.end_ns);
  }

  /** @param {number} task @param {number} t_ns @param {1 | -1} step */
  change(task, t_ns, step) {
    const columns = this.#lanes.get(task)?.columns;
    if (!columns) return null;
    const row = step > 0 ? columns.rowAt(t_ns) + 1 : columns.firstRowFrom(t_ns) - 1;
    return row >= 0 && row < columns.length ? columns.from_ns[row] : null;
  }

  cores() {
    return this.#cores.cpus();
  }

  /** @param {number} cpu */
  core(cpu) {
    return this.#cores.lane(cpu);
  }

  /** @param {number} cpu @param {number} from_ns @param {number} to_ns @param {number} columns */
  busy(cpu, from_ns, to_ns, columns) {
    return this.#cores.busy(cpu, from_ns, to_ns, columns);
  }
}

/** @param {number} task @param {Rows} rows @param {number} row @returns {Interval | null} */
function intervalOf(task, { columns, entries }, row) {
  const { t_ns, source, fact } = entries[row];
  if (fact.kind !== "task.state") return null;
  const { state, cause, cpu = null, waits_for = null, syscall = null, by = null, by_name = null } = fact;
  const to_ns = row + 1 < columns.length ? columns.from_ns[row + 1] : null;
  const why = { waits_for, syscall, by, by_name, error_ns: fact.error_ns ?? null };
  return { task, from_ns: t_ns, to_ns, state, cause, cpu, ...why, source, position: columns.position[row] };
}

/** @param {number | null} a @param {number | null} b @param {(a: number, b: number) => number} better */
function nearer(a, b, better) {
  if (a === null || b === null) return a ?? b;
  return better(a, b);
}

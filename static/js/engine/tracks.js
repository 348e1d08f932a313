// Who was in which state when: a track a task, its intervals in columns, and every other entry beside them, for lanes and
// transcripts.
import { StateColumns } from "./columns.js";
import { CoreIndex } from "./cores.js";
import { OrderedEntries } from "./ordered_entries.js";

/** @typedef {import("../types").Tracks} Tracks */
/** @typedef {import("../types").Entry} Entry */
/** @typedef {import("../types").Interval} Interval */
/** @typedef {import("../types").State} State */
/** @typedef {{ columns: StateColumns, entries: Entry[] }} TaskTrack  entries[i] began interval i of the columns */

/** Index = code of Track.state; 5 is "gone". @type {State[]} */
export const STATES = ["ready", "running", "blocked", "stopped", "zombie"];
const GONE = 5;
const CODES = new Map(STATES.map((state, code) => [state, code]));

/** @implements {Tracks} */
export class TrackIndex {
  #entries;
  #cores;
  #others = new OrderedEntries();
  /** @type {Map<number, TaskTrack>} */
  #tracks = new Map();

  /** @param {OrderedEntries} entries entries are added to it by the owner, who then calls `onAdded` */
  constructor(entries) {
    this.#entries = entries;
    this.#cores = new CoreIndex(entries);
  }

  get end_ns() {
    return this.#entries.end_ns;
  }

  /** @param {number} task */
  #track(task) {
    const track = this.#tracks.get(task) ?? {
      columns: new StateColumns(STATES.length + 1, STATES.length),
      entries: [],
    };
    this.#tracks.set(task, track);
    return track;
  }

  /** An entry was added at this index. @param {number} index */
  onAdded(index) {
    const entry = this.#entries.entryAt(index);
    const { fact } = entry;
    const position = this.#entries.positionAt(index);
    if (fact.kind !== "task.state") this.#others.add(position, entry);
    if (fact.kind === "task.born") this.#track(fact.task);
    if (fact.kind === "task.reaped") this.#open(fact.task, position, entry, GONE, -1);
    if (fact.kind === "task.state") {
      this.#open(fact.task, position, entry, CODES.get(fact.state) ?? GONE, fact.cpu ?? -1);
    }
  }

  /** @param {number} task @param {number} position @param {Entry} entry @param {number} code @param {number} cpu */
  #open(task, position, entry, code, cpu) {
    const { columns, entries } = this.#track(task);
    const i = columns.insert(entry.t_ns, position, code, cpu);
    if (i === entries.length) entries.push(entry);
    else entries.splice(i, 0, entry);
    this.#cores.invalidateFrom(entry.t_ns);
  }

  /** By number. */
  tasks() {
    return [...this.#tracks.keys()].sort((a, b) => a - b);
  }

  /** @param {number} task @returns {import("../types").Track} */
  track(task) {
    const { length, from_ns, code, value } = this.#track(task).columns;
    return { task, length, from_ns, state: code, cpu: value };
  }

  /** @param {number} task @param {number} from_ns @param {number} to_ns */
  *between(task, from_ns, to_ns) {
    const track = this.#tracks.get(task);
    if (!track) return;
    const { columns } = track;
    for (let i = Math.max(0, columns.indexAt(from_ns)); i < columns.length; i++) {
      if (columns.from_ns[i] > to_ns) return;
      const interval = intervalOf(task, track, i);
      if (interval) yield interval;
    }
  }

  /** @param {number} task @param {number} t_ns */
  at(task, t_ns) {
    const track = this.#tracks.get(task);
    const i = track ? track.columns.indexAt(t_ns) : -1;
    return track && i >= 0 ? intervalOf(task, track, i) : null;
  }

  /** @param {number} from_ns @param {number} to_ns */
  *otherEntries(from_ns, to_ns) {
    const others = this.#others;
    const end = others.countUpTo(to_ns);
    for (let i = others.countBefore(from_ns); i < end; i++) {
      yield { t_ns: others.timeAt(i), position: others.positionAt(i), entry: others.entryAt(i) };
    }
  }

  /** @param {number} t_ns @param {number | null} [task] */
  next(t_ns, task = null) {
    if (task !== null) return nearer(this.change(task, t_ns, 1), this.#other(t_ns, task, 1), Math.min);
    const index = this.#entries.countUpTo(t_ns);
    return index < this.#entries.length ? this.#entries.timeAt(index) : null;
  }

  /** @param {number} t_ns @param {number | null} [task] */
  previous(t_ns, task = null) {
    if (task !== null) return nearer(this.change(task, t_ns, -1), this.#other(t_ns, task, -1), Math.max);
    const index = this.#entries.countBefore(t_ns) - 1;
    return index >= 0 ? this.#entries.timeAt(index) : null;
  }

  /** Instant of a task's next or previous entry that is no change of its state. @param {number} t_ns @param {number} task @param {1 | -1} step */
  #other(t_ns, task, step) {
    const others = this.#others;
    const start = step > 0 ? others.countUpTo(t_ns) : others.countBefore(t_ns) - 1;
    for (let i = start; i >= 0 && i < others.length; i += step) {
      const { fact } = others.entryAt(i);
      if (("task" in fact && fact.task === task) || ("to" in fact && fact.to === task)) return others.timeAt(i);
    }
    return null;
  }

  /** @param {number} from_ns @param {number} to_ns @param {number} limit */
  entries(from_ns, to_ns, limit) {
    const all = this.#entries;
    const first = all.countBefore(from_ns);
    const count = Math.max(0, Math.min(limit, all.countUpTo(to_ns) - first));
    return Array.from({ length: count }, (_, i) => ({
      position: all.positionAt(first + i),
      entry: all.entryAt(first + i),
    }));
  }

  /** @param {number} task @param {number} from_ns @param {number} to_ns @param {number} buckets */
  shares(task, from_ns, to_ns, buckets) {
    return this.#track(task).columns.shares(from_ns, to_ns, buckets, this.end_ns);
  }

  /** @param {number} task @param {number} t_ns @param {1 | -1} step */
  change(task, t_ns, step) {
    const columns = this.#tracks.get(task)?.columns;
    if (!columns) return null;
    const i = step > 0 ? columns.indexAt(t_ns) + 1 : columns.firstIndexFrom(t_ns) - 1;
    return i >= 0 && i < columns.length ? columns.from_ns[i] : null;
  }

  cores() {
    return this.#cores.cpus();
  }

  /** @param {number} cpu */
  core(cpu) {
    return this.#cores.track(cpu);
  }

  /** @param {number} cpu @param {number} from_ns @param {number} to_ns @param {number} buckets */
  busy(cpu, from_ns, to_ns, buckets) {
    return this.#cores.busy(cpu, from_ns, to_ns, buckets);
  }
}

/** @param {number} task @param {TaskTrack} track @param {number} i @returns {Interval | null} */
function intervalOf(task, { columns, entries }, i) {
  const { t_ns, source, fact } = entries[i];
  if (fact.kind !== "task.state") return null;
  const { state, cause, cpu = null, waits_for = null, syscall = null, by = null, by_name = null } = fact;
  const to_ns = i + 1 < columns.length ? columns.from_ns[i + 1] : null;
  const why = { waits_for, syscall, by, by_name, error_ns: fact.error_ns ?? null };
  return { task, from_ns: t_ns, to_ns, state, cause, cpu, ...why, source, position: columns.position[i] };
}

/** @param {number | null} a @param {number | null} b @param {(a: number, b: number) => number} better */
function nearer(a, b, better) {
  if (a === null || b === null) return a ?? b;
  return better(a, b);
}

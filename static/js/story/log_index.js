// A log as moments see it: its entries, trials, tasks with their intervals by state, calls and last verdicts.
// server/lesson/moments.py (SceneLog) and server/log/timeline.py read a log by the same rules.

/** @typedef {import("../types").Entry} Entry */
/** @typedef {import("../types").Fact} Fact */
/** @typedef {import("../types").Tracks} Tracks */
/** @typedef {{ from_ns: number, to_ns: number | null, task: number, state: string, waits_for: string | null }} StateInterval */
/** @typedef {{ task: number, born: Extract<Fact, { kind: "task.born" }> | null, name: string, intervals: StateInterval[],
 *   died_ns: number | null }} Task */
/** @typedef {{ trial: number, from_ns: number, to_ns: number | null, label: string | null }} Trial */
/** @typedef {{ call: number, task: number, style: string, from_ns: number, end_ns: number }} Call */
/** @typedef {Extract<Fact, { kind: "claim.held" | "claim.broken" }>} Verdict */

/** Reads what a log holds now. @param {Tracks} tracks */
export function readLogOf(tracks) {
  const index = new LogIndex();
  for (const { entry } of tracks.entries(-Infinity, Infinity, Infinity)) index.add(entry);
  return index.close();
}

export class LogIndex {
  /** In order of time. @type {Entry[]} */
  entries = [];
  /** The last verdict on each claim. @type {Map<string, Verdict>} */
  verdicts = new Map();
  /** By number. @type {Task[]} */
  tasks = [];
  /** By number. @type {Trial[]} */
  trials = [];
  /** By number. @type {Call[]} */
  calls = [];
  end_ns = 0;
  /** @type {Map<number, Task>} */
  #tasks = new Map();
  /** @type {Map<number, Trial>} */
  #trials = new Map();
  /** @type {Map<number, Call & { returned_ns: number, notified_ns: number }>} */
  #calls = new Map();

  /** Adds an entry; they come in order of time. @param {Entry} entry */
  add({ t_ns, fact, ...rest }) {
    this.entries.push({ ...rest, t_ns, fact });
    this.end_ns = Math.max(this.end_ns, t_ns);
    if (fact.kind === "claim.held" || fact.kind === "claim.broken") this.verdicts.set(fact.claim, fact);
    else if (fact.kind.startsWith("task.") && "task" in fact) this.#life(t_ns, fact);
    else if (fact.kind.startsWith("trial.")) this.#trial(t_ns, fact);
    else if (fact.kind.startsWith("call.")) this.#call(t_ns, fact);
  }

  /** @param {number} t_ns @param {Fact & { task: number }} fact */
  #life(t_ns, fact) {
    const kinds = ["task.born", "task.renamed", "task.state", "task.died", "task.reaped"];
    if (!kinds.includes(fact.kind)) return;
    const { task: number } = fact;
    const task = this.#tasks.get(number) ?? {
      task: number,
      born: null,
      name: `#${number}`,
      intervals: [],
      died_ns: null,
    };
    this.#tasks.set(number, task);
    if (fact.kind === "task.born") task.born = fact;
    if (fact.kind === "task.born" || fact.kind === "task.renamed") task.name = fact.name;
    if (fact.kind === "task.died") task.died_ns = t_ns;
    const last = task.intervals.at(-1);
    if ((fact.kind === "task.state" || fact.kind === "task.reaped") && last?.to_ns === null) last.to_ns = t_ns;
    if (fact.kind !== "task.state") return;
    const { state, waits_for = null } = fact;
    task.intervals.push({ from_ns: t_ns, to_ns: null, task: number, state, waits_for });
  }

  /** @param {number} t_ns @param {Fact} fact */
  #trial(t_ns, fact) {
    if (fact.kind === "trial.started") {
      const { trial, label = null } = fact;
      this.#trials.set(trial, { trial, from_ns: t_ns, to_ns: null, label });
    } else if (fact.kind === "trial.ended") {
      const trial = this.#trials.get(fact.trial);
      if (trial) trial.to_ns = t_ns;
    }
  }

  /** @param {number} t_ns @param {Fact} fact */
  #call(t_ns, fact) {
    if (!("call" in fact)) return;
    const none = { call: fact.call, task: 0, style: "", from_ns: 0, end_ns: 0, returned_ns: 0, notified_ns: 0 };
    const call = this.#calls.get(fact.call) ?? none;
    this.#calls.set(fact.call, call);
    if (fact.kind === "call.started") Object.assign(call, { task: fact.task, style: fact.style, from_ns: t_ns });
    if (fact.kind === "call.returned") call.returned_ns = t_ns;
    if (fact.kind === "call.notified") call.notified_ns = t_ns;
    call.end_ns = call.notified_ns || call.returned_ns || call.from_ns;
  }

  /** No entry follows. */
  close() {
    this.tasks = [...this.#tasks.values()].sort((a, b) => a.task - b.task);
    this.trials = [...this.#trials.values()].sort((a, b) => a.trial - b.trial);
    this.calls = [...this.#calls.values()].sort((a, b) => a.call - b.call);
    return this;
  }

  /** @param {number | null | undefined} number */
  task(number) {
    return this.#tasks.get(number ?? -1) ?? null;
  }

  /** The first trial of a label; "" means the first of all. @param {string} label */
  labelled(label) {
    return this.trials.find((each) => label === "" || each.label === label) ?? null;
  }

  /** From where to where a trial goes; the whole log if it is null. @param {number | null} trial @returns {[number, number]} */
  bounds(trial) {
    const found = this.#trials.get(trial ?? -1);
    return found ? [found.from_ns, found.to_ns ?? this.end_ns] : [0, this.end_ns];
  }

  /** The tasks of this name or role ("": all) in a trial (null: in any), in order of birth.
   * @param {string} who @param {number | null} trial */
  matching(who, trial) {
    return this.tasks.filter(({ born, name }) => {
      if (!born || (trial !== null && (born.trial ?? null) !== trial)) return false;
      return !who || who === born.name || who === name || who === born.role;
    });
  }
}

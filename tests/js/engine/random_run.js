// Random but legal runs for property tests, from a seed: the same seed is the same run.

/** A small generator of numbers in [0, 1) (mulberry32). @param {number} seed */
export function random(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const WAITS = ["sleep", "pipe_read", "futex", "gil", "disk"];

/** Entries in story order, as a scheduler with `cores` cores and `tasks` tasks would make them.
 * @param {number} seed @param {{ tasks?: number, cores?: number, length?: number, exits?: number }} [shape] */
export function story(seed, { tasks = 4, cores = 2, length = 200, exits = 0.02 } = {}) {
  const next = random(seed);
  const pick = (list) => list[Math.floor(next() * list.length)];
  const entries = [];
  let t_ns = 0;
  const say = (fact, source = "seen") => entries.push({ t_ns, source, fact });
  say(
    {
      kind: "run.started",
      lesson: "x",
      params: {},
      tier: "exact",
      cpus: [0, 1],
      kernel: "6",
      python: "3",
      recorded_at: "",
      monotonic_ns: 1,
    },
    "told",
  );
  const state = new Map();
  const on = new Map();
  for (let task = 1; task <= tasks; task++) {
    t_ns += Math.floor(next() * 50);
    say({
      kind: "task.born",
      task,
      pid: 100 + task,
      tid: 100 + task,
      parent: 0,
      name: `T${task}`,
      type: "process",
      how: "fork",
    });
    say({ kind: "task.state", task, state: "ready", cause: "born", cpu: 0 });
    state.set(task, "ready");
  }
  const leave = (task) => {
    const cpu = on.get(task);
    on.delete(task);
    return cpu;
  };
  const moves = {
    ready: (task) => {
      const free = [...Array(cores).keys()].filter((cpu) => ![...on.values()].includes(cpu));
      if (!free.length) return;
      on.set(task, pick(free));
      state.set(task, "running");
      say({ kind: "task.state", task, state: "running", cause: "dispatched", cpu: on.get(task) });
    },
    running: (task) => {
      const chance = next();
      if (chance < 0.45) {
        state.set(task, "ready");
        say({ kind: "task.state", task, state: "ready", cause: "preempted", cpu: leave(task) });
      } else if (chance < 0.9) {
        state.set(task, "blocked");
        const why = next() < 0.5 ? { waits_for: pick(WAITS), syscall: 35 } : {};
        say({ kind: "task.state", task, state: "blocked", cause: "waits", cpu: leave(task), ...why });
      } else if (chance < 1 - exits) {
        say({ kind: "step", task, label: "compute", line: 3, code: "worker" }, "told");
      } else {
        state.set(task, "zombie");
        say({ kind: "task.state", task, state: "zombie", cause: "exited", cpu: leave(task) });
        say({ kind: "task.died", task, code: 0 });
      }
    },
    blocked: (task) => {
      state.set(task, "ready");
      const by = next() < 0.5 ? { by: pick([...state.keys()]) } : { by: -1, by_name: "swapper/1" };
      say({ kind: "task.state", task, state: "ready", cause: "woken", cpu: 1, ...(next() < 0.5 ? by : {}) });
    },
    zombie: (task) => {
      state.set(task, "gone");
      say({ kind: "task.reaped", task });
    },
    gone: () => {},
  };
  while (entries.length < length && [...state.values()].some((each) => each !== "gone")) {
    if (next() < 0.8) t_ns += Math.floor(next() * next() * 5000);
    const task = pick([...state.keys()]);
    moves[state.get(task)](task);
    if (next() < 0.02) say({ kind: "output", task, stream: "stdout", text: String(t_ns) }, "told");
    if (next() < 0.02) say({ kind: "value.measured", name: "wall_ms", value: t_ns, unit: "ms" }, "derived");
  }
  return entries;
}

/** Positions as a launcher would deliver: mostly in order, some entries late. Returns [position, entry] pairs in
 *  delivery order; `ordered` has them by (t_ns, position).
 * @param {number} seed @param {any[]} entries @param {number} late how far an entry may slip
 * @param {boolean} ties whether entries of one instant may change places, too */
export function deliver(seed, entries, late = 12, ties = true) {
  const next = random(seed ^ 0x5eed);
  const slipped = entries.map((entry, index) => ({ entry, key: index + (next() < 0.2 ? next() * late : 0) }));
  slipped.sort((a, b) => a.key - b.key);
  if (!ties) {
    const rest = new Map();
    for (const entry of entries) rest.set(entry.t_ns, [...(rest.get(entry.t_ns) ?? []), entry]);
    for (const each of slipped) each.entry = rest.get(each.entry.t_ns).shift();
  }
  const delivered = slipped.map(({ entry }, index) => /** @type {[number, any]} */ ([index + 1, entry]));
  const ordered = [...delivered].sort((a, b) => a[1].t_ns - b[1].t_ns || a[0] - b[0]);
  return { delivered, ordered };
}

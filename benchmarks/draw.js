// The page's side of benchmarks/draw.py: one run of many slices, scenarios that change one thing a frame, and a clock.
globalThis.draw = (() => {
  const MS = 1e6;
  const TASKS = 8;
  const scenarios = { nothing: () => {} };
  const added = { count: 0, last_ns: 3e9 };

  /** Eight tasks on two cores, switching all the time: the entries of a run, in the form of the log. */
  function run(slices) {
    const length_ns = 3e9;
    const each = length_ns / slices;
    const facts = [
      {
        t_ns: 0,
        source: "told",
        fact: {
          kind: "run.started",
          run: "draw",
          lesson: "draw",
          params: {},
          cpus: [0, 1],
          kernel: "6",
          python: "3",
          monotonic_ns: 0,
          recorded_at: "2026-01-01T00:00:00Z",
        },
      },
    ];
    for (let task = 1; task <= TASKS; task++) {
      facts.push({
        t_ns: task,
        source: "seen",
        fact: {
          kind: "task.born",
          task,
          pid: 100 + task,
          tid: 100 + task,
          parent: 0,
          name: `T${task}`,
          type: "process",
          how: "fork",
          trial: null,
          role: "worker",
        },
      });
    }
    for (let i = 0; i < slices; i++) facts.push(slice(i, Math.round(TASKS + 1 + i * each)));
    return facts;
  }

  /** One change: each task goes ready, running, blocked, in turn with the others. */
  function slice(i, t_ns) {
    const task = 1 + (i % TASKS);
    const state = ["ready", "running", "blocked"][Math.floor(i / TASKS + task) % 3];
    const cause = { ready: "woken", running: "dispatched", blocked: "waits" }[state];
    const fact = { kind: "task.state", task, state, cause, cpu: state === "running" ? task % 2 : null };
    if (state === "blocked") fact.waits_for = "pipe_read";
    return { t_ns, source: "seen", fact };
  }

  /** What comes in one frame: 20 more changes behind the last one. */
  function more() {
    return Array.from({ length: 20 }, () => slice(++added.count, (added.last_ns += 3000)));
  }

  function host() {
    const root = document.createElement("div");
    document.getElementById("main").replaceChildren(root);
    root.style.cssText = "inline-size:1000px;block-size:600px;overflow:hidden";
    return root;
  }

  /** Our lanes, inside the screen that lessons use. */
  async function lanes(slices) {
    const [{ Log }, { createScreen }, { parseUrlState }] = await Promise.all(
      ["engine/log", "page/screen", "page/url_state"].map((name) => import(`/static/js/${name}.js`)),
    );
    const root = host();
    root.dataset.view = "lanes";
    const log = new Log();
    const page = {
      lang: "en",
      slug: "draw",
      preset: "",
      params: {},
      views: ["lanes"],
      labels: {},
      answers: [],
      right: "",
      claims: [],
      recording: null,
      opening: null,
      run: null,
      embed: false,
      drawn: {},
      code: [],
    };
    const screen = await createScreen(
      page,
      (key) => key,
      log,
      parseUrlState(""),
      () => {},
    );
    const entries = run(slices);
    const start = performance.now();
    screen.attachLog(log, { id: null, preset: "", recorded: true, live: false }, false);
    log.add(1, entries);
    screen.onLogGrown();
    await frame();
    const first = performance.now() - start;
    const end = log.end_ns;
    const near = () => screen.dispatch({ do: "show", from_ns: end / 2, to_ns: end / 2 + 20 * MS });
    const all = () => screen.dispatch({ do: "show", from_ns: end * 0.1, to_ns: end * 0.8 });
    let i = 0;
    Object.assign(scenarios, {
      pan: start_at(near, () => screen.dispatch({ do: "pan", by_ns: ((++i % 60 < 30 ? 1 : -1) * MS) / 4 })),
      "wide pan": start_at(all, () => screen.dispatch({ do: "pan", by_ns: (++i % 60 < 30 ? 1 : -1) * 8 * MS })),
      zoom: start_at(all, () =>
        screen.dispatch({ do: "zoom", factor: ++i % 120 < 60 ? 1.08 : 1 / 1.08, at_ns: end / 2 }),
      ),
      append: start_at(
        () => screen.dispatch({ do: "fit" }),
        () => {
          log.add(log.length + 1, more());
          screen.onLogGrown();
        },
      ),
      step: start_at(near, () => screen.press(++i % 8 ? "next" : "previous")),
      play: start_at(
        () => {
          near();
          screen.dispatch({ do: "home" });
          screen.dispatch({ do: "play" });
        },
        () => {},
      ),
      end: start_at(
        () => screen.dispatch({ do: "fit" }),
        () => screen.press(++i % 2 ? "end" : "home"),
      ),
    });
    return first;
  }

  async function svg(slices) {
    const root = host();
    const colours = { ready: "#fdf3e0", running: "#0b7a5e", blocked: "#e3e5eb" };
    const start = performance.now();
    const name = "http://www.w3.org/2000/svg";
    const picture = root.appendChild(document.createElementNS(name, "svg"));
    picture.setAttribute("width", "1000");
    picture.setAttribute("height", "400");
    const group = picture.appendChild(document.createElementNS(name, "g"));
    const add = ({ task, state, from, to }) => {
      const rect = document.createElementNS(name, "rect");
      const values = { x: from / 3 / MS, width: (to - from) / 3 / MS, y: task * 40, height: 26, fill: colours[state] };
      for (const [key, value] of Object.entries(values)) rect.setAttribute(key, String(value));
      group.append(rect);
    };
    const open = new Map();
    for (const bar of bars(run(slices), open)) add(bar);
    await frame();
    const first = performance.now() - start;
    let i = 0;
    const place = (x, scale) => group.setAttribute("transform", `translate(${x} 0) scale(${scale} 1)`);
    Object.assign(scenarios, {
      pan: start_at(
        () => place(0, 50),
        () => place(-20_000 - (++i % 60) * 12, 50),
      ),
      zoom: start_at(
        () => place(0, 1),
        () => place(0, 1.08 ** (++i % 40)),
      ),
      append: start_at(
        () => place(0, 1),
        () => {
          for (const bar of bars(more(), open)) add(bar);
        },
      ),
    });
    return first;
  }

  /** Entries as bars with both ends, for libraries that want them. `open` is what each task does meanwhile. */
  function bars(entries, open) {
    const found = [];
    for (const { t_ns, fact } of entries) {
      if (fact.kind !== "task.state") continue;
      const before = open.get(fact.task);
      if (before) found.push({ task: fact.task, state: before.state, from: before.t_ns, to: t_ns });
      open.set(fact.task, { state: fact.state, t_ns });
    }
    return found;
  }

  async function vis(slices) {
    const root = host();
    const start = performance.now();
    const open = new Map();
    let id = 0;
    const item = ({ task, state, from, to }) => ({
      id: ++id,
      group: task,
      start: from / MS,
      end: to / MS,
      content: "",
      className: state,
    });
    const items = new globalThis.vis.DataSet(bars(run(slices), open).map(item));
    const groups = Array.from({ length: TASKS }, (_, i) => ({ id: i + 1, content: `T${i + 1}` }));
    const timeline = new globalThis.vis.Timeline(root, items, groups, {
      stack: false,
      start: 1000,
      end: 1020,
      height: 500,
      showCurrentTime: false,
    });
    await frame();
    await frame();
    const first = performance.now() - start;
    let i = 0;
    const window = (from, to) => timeline.setWindow(from, to, { animation: false });
    Object.assign(scenarios, {
      pan: start_at(
        () => window(1500, 1520),
        () => {
          ++i;
          window(1500 + i / 4, 1520 + i / 4);
        },
      ),
      zoom: start_at(
        () => window(1500, 1520),
        () => {
          ++i;
          window(1500, 1520 * 1.001 ** (i % 20));
        },
      ),
      append: start_at(
        () => window(2990, 3010), // 20 ms at the end, as while panning: all of them at once would be 100,000 elements
        () => items.add(bars(more(), open).map(item)),
      ),
    });
    return first;
  }

  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const start_at = (begin, each) => Object.assign(each, { begin });
  const share = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

  /** Time between frames while one change a frame is asked for; the processor time of the page is the caller's to read. */
  async function measure(name, frames) {
    const each = scenarios[name];
    const gaps = [];
    let before = await new Promise(requestAnimationFrame);
    for (let i = 0; i < frames; i++) {
      each();
      const now = await new Promise(requestAnimationFrame);
      gaps.push(now - before);
      before = now;
    }
    gaps.sort((a, b) => a - b);
    return { p50: share(gaps, 0.5), p95: share(gaps, 0.95), max: gaps.at(-1) };
  }

  /** Brings a scenario to where it begins. */
  async function prepare(name) {
    scenarios[name].begin?.();
    for (let i = 0; i < 5; i++) await new Promise(requestAnimationFrame);
  }

  return { begin: (what, slices) => ({ lanes, svg, vis })[what](slices), prepare, measure };
})();

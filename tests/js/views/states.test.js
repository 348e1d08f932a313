import assert from "node:assert/strict";
import { test } from "node:test";
import { timelineOf } from "../../../static/js/engine/timeline.js";
import { lastTransition, markerPositions, PLACES } from "../../../static/js/views/machine/geometry.js";
import { fillLevel, layoutPipe, levelScale } from "../../../static/js/views/pipe/layout.js";
import { estimatedWidth, placeInBox, shortState } from "../../../static/js/views/pipe/program.js";
import { hasEnded, latestUpTo, pipeEndOf, pipelineOf, pipeAt as readPipe } from "../../../static/js/views/pipe/read.js";
import { wakesOf } from "../../../static/js/views/pipe/wakes.js";
import { commandOf, parts } from "../../../static/js/views/terminal/view.js";
import { played } from "./views_run.js";

const MS = 1e6;
const born = (task, role, trial = 1) => ({
  kind: "task.born",
  task,
  pid: 100 + task,
  tid: 100 + task,
  parent: 0,
  name: role,
  type: "process",
  how: "exec",
  trial,
  role,
});
const state = (task, name, cause, more = {}) => ({ kind: "task.state", task, state: name, cause, ...more });
const log = (text) => ({ kind: "output", task: 1, stream: "log", text });
const step = (label) => ({ kind: "step", task: 1, label });
/** As the lesson declares it (Lesson.drawn). */
const DRAWN = {
  writes: { append: 1, burst: 10_000 },
  command: [
    ["tail"],
    ["---disable-inotify", "inotify", false],
    ["-f access.log | grep"],
    ["--line-buffered", "buffered", false],
    ["-F -e 404 --"],
  ],
};
const read = (scene, lines) => readPipe(scene, lines, DRAWN);
const pipelines = (tracks) => {
  const timeline = timelineOf(tracks, 1);
  return timeline.trials.map((trial) => pipelineOf(timeline, trial, DRAWN));
};
const setting = { buffered: false, pipe: "4096", inotify: true };

/** Idle, one line, grep frozen, a burst, then another pipeline. */
const RUN = [
  [
    0,
    {
      kind: "run.started",
      lesson: "states",
      params: {},
      tier: "exact+wake",
      cpus: [0, 1],
      kernel: "6.18",
      python: "3.11",
      recorded_at: "2026-01-01T00:00:00+00:00",
      monotonic_ns: 0,
    },
  ],
  [1, { kind: "trial.started", trial: 1, params: setting, label: "small" }],
  [1, born(1, "writer")],
  [1, born(2, "tail")],
  [1, born(3, "grep")],
  [2, state(2, "blocked", "waits", { waits_for: "poll" })],
  [2, state(3, "blocked", "waits", { waits_for: "pipe_read" })],
  [3, { kind: "pipe.filled", bytes: 0, capacity: 4096 }],
  [3, { kind: "pipe.filled", bytes: 0, capacity: 4096, pipe: "stdio" }],
  [10, log("GET /x 404\n")],
  [10, step("append")],
  [10.02, state(2, "ready", "woken", { by: 1 })],
  [10.05, state(2, "running", "dispatched", { cpu: 0 })],
  [10.06, { kind: "pipe.filled", bytes: 11, capacity: 4096 }],
  [10.07, state(3, "ready", "woken", { by: 2 })],
  [10.08, state(2, "blocked", "waits", { waits_for: "poll" })],
  [10.09, state(3, "running", "dispatched", { cpu: 0 })],
  [10.1, { kind: "pipe.filled", bytes: 0, capacity: 4096 }],
  [10.2, { kind: "output", task: 3, stream: "terminal", text: "GET /x 404\n" }],
  [10.3, state(3, "blocked", "waits", { waits_for: "pipe_read" })],
  [20, { kind: "signal.sent", to: 3, signal: 19, by: 0 }],
  [20.1, state(3, "stopped", "stopped")],
  [30, step("burst")],
  [30.1, state(2, "ready", "woken", { by: 1 })],
  [30.2, state(2, "running", "dispatched", { cpu: 0 })],
  [30.3, state(2, "blocked", "waits", { waits_for: "pipe_write" })],
  [31, { kind: "pipe.filled", bytes: 4096, capacity: 4096 }],
  [40, state(3, "zombie", "exited")],
  [40, { kind: "task.died", task: 3, signal: 15 }],
  [41, { kind: "task.reaped", task: 3 }],
  [42, { kind: "trial.ended", trial: 1 }],
  [50, { kind: "trial.started", trial: 2, params: { ...setting, pipe: "65536" }, label: "plain" }],
  [51, born(4, "writer", 2)],
  [51, born(5, "tail", 2)],
  [51, born(6, "grep", 2)],
].map(([ms, fact]) => [ms, fact]);

function at(ms) {
  const { tracks, history } = played(RUN);
  return { world: history.seek(ms * MS), tracks, version: history.version, t_ns: ms * MS, selected: null };
}

test("the reading knows each pipeline's roles, what was written and what came out", () => {
  const stories = pipelines(at(60).tracks);
  assert.deepEqual(
    stories.map((one) => [one.trial.trial, ...one.roles.values()]),
    [
      [1, 1, 2, 3],
      [2, 4, 5, 6],
    ],
  );
  assert.deepEqual(
    stories[0].written.map((one) => one.text),
    ["GET /x 404", "10\u202f000"],
  );
  assert.equal(timelineOf(at(60).tracks, 1).trialAt(49 * MS).trial, 1);
  assert.equal(timelineOf(at(60).tracks, 1).trialAt(0).trial, 1);
  assert.equal(timelineOf(at(60).tracks, 1).trialAt(50 * MS).trial, 2);
});

test("what is shown ends at the playhead", () => {
  assert.equal(read(at(9), 6).printed, "");
  assert.equal(read(at(10.2), 6).printed, "GET /x 404\n");
  assert.deepEqual(
    read(at(29), 6).written.map((one) => one.many),
    [false],
  );
  assert.deepEqual(
    read(at(30), 6).written.map((one) => one.many),
    [false, true],
  );
  assert.deepEqual(latestUpTo([{ t_ns: 1 }, { t_ns: 2 }, { t_ns: 3 }], 2, 1), [{ t_ns: 2 }]);
});

test("each wake-up names who woke whom, and after how long", () => {
  const now = at(10.2);
  const { tail, grep } = wakesOf(pipelines(now.tracks)[0], now.tracks, now.t_ns);
  assert.deepEqual([tail.by, tail.to, Math.round(tail.after_ns), tail.named], [1, 2, 20_000, true]);
  assert.deepEqual([grep.by, grep.to, Math.round(grep.after_ns)], [2, 3, 50_000]);
  assert.deepEqual(wakesOf(pipelines(now.tracks)[0], now.tracks, 9 * MS), { tail: null, grep: null });
});

test("a sleeper is drawn at the end it waits at", () => {
  const idle = read(at(5), 6).tasks;
  assert.deepEqual([pipeEndOf(idle.tail), pipeEndOf(idle.grep)], ["in", "in"]);
  const full = read(at(32), 6).tasks;
  assert.deepEqual([pipeEndOf(full.tail), pipeEndOf(full.grep)], ["out", null]);
  const asleep = (waits_for) => pipeEndOf({ ...full.tail, waits_for });
  assert.deepEqual(["poll", "sleep", "pipe_read"].map(asleep), ["in", "in", "in"]);
  assert.deepEqual([null, "disk", "other"].map(asleep), [null, null, null]); // neither end, or nobody knows which
  assert.equal(hasEnded(read(at(41), 6).tasks.grep), true);
  assert.equal(hasEnded(full.tail), false);
});

test("a state that belongs to no end stands in the middle of its box", () => {
  const box = { x: 100, y: 10, width: 190, height: 114 };
  const at = (inRow, end) => placeInBox(box, inRow, end, 200, 80, 24);
  assert.deepEqual(
    ["in", null, "out"].map((end) => at(true, end).x),
    [108, 155, 200],
  );
  assert.equal(new Set(["in", null, "out"].map((end) => at(true, end).y)).size, 1);
  assert.deepEqual(
    ["in", null, "out"].map((end) => at(false, end).y),
    [18, 55, 92],
  );
  assert.equal(new Set(["in", null, "out"].map((end) => at(false, end).x)).size, 1);
});

test("only a grep that collects its output has a buffer, and one that has gone has nothing in it", () => {
  const buffered = RUN.map(([ms, fact]) => [
    ms,
    fact.kind === "trial.started" ? { ...fact, params: { ...fact.params, buffered: true } } : fact,
  ]);
  const { tracks, history } = played(buffered);
  const shown = (ms) => read({ world: history.seek(ms * MS), tracks, version: history.version, t_ns: ms * MS }, 6);
  assert.deepEqual([shown(10).buffered, shown(10).buffer_bytes, shown(41).buffer_bytes], [true, 0, null]);
  assert.equal(read(at(10), 6).buffered, false);
});

test("the water reaches from where the pipe is read to its level, and never out of it", () => {
  const tube = { x: 100, y: 0, width: 200, height: 40 };
  assert.deepEqual(fillLevel(tube, 0, 4096).width, 0);
  assert.deepEqual(fillLevel(tube, 2048, 4096), { x: 200, y: 0, width: 100, height: 40 });
  assert.deepEqual(fillLevel(tube, 4096, 4096), tube);
  assert.equal(fillLevel(tube, 9999, 4096).width, 200);
  assert.ok(levelScale(4096) < levelScale(65536));
});

test("at every width the parts follow each other and stay inside", () => {
  for (const size of [1, 1.3]) {
    for (let width = 280; width <= 1400; width += 40) {
      const { log: paper, tail, tube, grep, wide: inRow, height } = layoutPipe(width, 65536, size);
      const all = [paper, tail, tube, grep];
      for (const box of all) {
        assert.ok(box.x >= 0 && box.x + box.width <= width + 0.5 && box.y + box.height <= height, `${width}`);
        assert.ok(box.width > 20 && box.height > 20, `${width}: ${JSON.stringify(box)}`);
      }
      const ends = all.map((box) => (inRow ? [box.x, box.x + box.width] : [box.y, box.y + box.height]));
      for (let i = 1; i < 4; i++) assert.ok(ends[i][0] > ends[i - 1][1], `${width}: part ${i}`);
    }
  }
});

test("the machine has each task of this trial in its own state's place, and the newest change lights its way", () => {
  const { world } = at(32);
  assert.deepEqual(
    markerPositions(world).map(({ task }) => [task.name, task.state]),
    [
      ["writer", "ready"],
      ["tail", "blocked"],
      ["grep", "stopped"],
    ],
  );
  for (const { task, x } of markerPositions(world)) assert.equal(x, PLACES[task.state].x);
  assert.deepEqual(
    [lastTransition(world, null, ["writer"]).name, lastTransition(world, null, ["writer"]).cause],
    ["tail", "waits"],
  );
  assert.equal(lastTransition(world, 3, ["writer"]).cause, "stopped");
  assert.deepEqual(
    markerPositions(at(41).world).map(({ task }) => task.name),
    ["writer", "tail"],
  );
});

test("the state in the box says why, and where it runs", () => {
  const say = (key, slots = {}) => [key, ...Object.values(slots)].join(" ");
  assert.equal(shortState(say, null), "what.unborn");
  assert.equal(shortState(say, read(at(32), 6).tasks.tail), "pipe.blocked waits.pipe_write");
  assert.equal(shortState(say, read(at(10.06), 6).tasks.tail), "pipe.running 0");
  assert.equal(shortState(say, read(at(41), 6).tasks.grep), "pipe.gone");
  assert.ok(estimatedWidth("阻塞") > estimatedWidth("ab"));
});

test("the terminal shows the command that ran, and marks the pattern wherever it stands", () => {
  assert.equal(commandOf(DRAWN, setting), "$ tail -f access.log | grep --line-buffered -F -e 404 --");
  assert.equal(
    commandOf(DRAWN, { buffered: true, inotify: false }),
    "$ tail ---disable-inotify -f access.log | grep -F -e 404 --",
  );
  assert.deepEqual(parts("a404b404", "404"), ["a", "404", "b", "404", ""]);
  assert.deepEqual(parts("<b>404</b>", "404"), ["<b>", "404", "</b>"]);
});

test("a terminal of any length keeps only its newest whole lines", () => {
  const many = Array.from({ length: 900 }, (_, i) => [
    60 + i / 1000,
    { kind: "output", task: 6, stream: "terminal", text: `line ${i} 404\n` },
  ]);
  const { tracks, history } = played([...RUN, ...many]);
  const shown = read({ world: history.seek(70 * MS), tracks, version: history.version, t_ns: 70 * MS }, 0).printed;
  assert.ok(shown.length <= 3000);
  assert.match(shown, /^line \d+ 404\n/);
  assert.match(shown, /line 899 404\n$/);
});

test("a new pipeline begins with a pipe of its own, empty until its level is known", () => {
  const world = played([
    ...RUN,
    [900, { kind: "pipe.filled", bytes: 4096, capacity: 4096 }],
    [901, { kind: "trial.started", trial: 9, params: { pipe: "65536" } }],
  ]).history.seek(902 * MS);
  assert.equal(world.pipes.size, 0);
});

test("while its reader sleeps in a read the pipe is empty, although the last look at it found bytes", () => {
  const late = [
    ...RUN,
    [52, { kind: "pipe.filled", bytes: 46, capacity: 65536 }],
    [53, state(6, "running", "dispatched", { cpu: 0 })],
    [54, state(6, "blocked", "waits", { waits_for: "pipe_read" })],
    [55, state(6, "ready", "woken", { by: 5 })],
    [56, { kind: "pipe.filled", bytes: 11, capacity: 65536 }],
  ];
  const { tracks, history } = played(late);
  const levels = [52, 53, 54, 56].map((ms) => {
    const scene = { world: history.seek(ms * MS), tracks, version: history.version, t_ns: ms * MS };
    return read(scene, 0).level;
  });
  assert.deepEqual(levels, [46, 46, 0, 11]);
});

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { createClock } from "../../../static/js/engine/clock.js";
import { readTimeline } from "../../../static/js/engine/timeline.js";
import { callAt, layoutCalls, toOtherTrial } from "../../../static/js/views/calls/layout.js";
import { classifyCall, readCalls, stateTotals } from "../../../static/js/views/calls/read.js";
import { played } from "./views_run.js";

const MS = 1e6;
const born = (task, parent, name, type, trial) => ({
  kind: "task.born",
  task,
  pid: 100 + task,
  tid: 100 + task,
  parent,
  name,
  type,
  how: type === "thread" ? "thread" : "fork",
  trial,
  role: name === "caller" ? "caller" : name === "worker" ? "worker" : "helper",
});
const state = (task, name, cause, more = {}) => ({ kind: "task.state", task, state: name, cause, ...more });
const runs = (task) => state(task, "running", "dispatched", { cpu: task % 2 });
const sleeps = (task, waits_for) => state(task, "blocked", "waits", { waits_for });
const started = {
  kind: "run.started",
  lesson: "x",
  params: {},
  tier: "exact",
  cpus: [0, 1],
  kernel: "6.18",
  python: "3.11",
  recorded_at: "2026-01-01T00:00:00+00:00",
  monotonic_ns: 0,
};
const call = (task, number, style) => ({ kind: "call.started", task, call: number, style });

/** A direct call of 10 ms; a synchronous one of a pool, asleep for 10 of 12 ms; an asynchronous one with a callback. */
const RUN = [
  [0, started],
  [1, { kind: "trial.started", trial: 1, params: {}, label: "direct" }],
  [1, born(1, 0, "caller", "process", 1)],
  [2, runs(1)],
  [3, call(1, 1, "direct")],
  [3, { kind: "step", task: 1, label: "computes", line: 3, code: "job" }],
  [13, { kind: "step", task: 1, label: "computed", line: 5, code: "job" }],
  [13, { kind: "call.returned", task: 1, call: 1, style: "direct", result: "value" }],
  [14, state(1, "zombie", "exited")],
  [15, { kind: "trial.ended", trial: 1 }],

  [20, { kind: "trial.started", trial: 2, params: {}, label: "apply" }],
  [20, born(2, 0, "caller", "process", 2)],
  [20, runs(2)],
  [21, born(3, 2, "worker", "process", 2)],
  [21, sleeps(3, "pipe_read")],
  [22, born(4, 2, "_handle_results", "thread", 2)],
  [22, sleeps(4, "pipe_read")],
  [30, call(2, 2, "apply")],
  [30, { kind: "step", task: 2, label: "calls", line: 4, code: "apply" }],
  [31, sleeps(2, "futex")],
  [31, runs(3)],
  [31, { kind: "step", task: 3, label: "computes", line: 3, code: "job" }],
  [41, { kind: "step", task: 3, label: "computed", line: 5, code: "job" }],
  [41, state(2, "ready", "woken", { by: 4 })],
  [41.5, runs(2)],
  [42, { kind: "call.returned", task: 2, call: 2, style: "apply", result: "value" }],
  [45, { kind: "trial.ended", trial: 2 }],

  [50, { kind: "trial.started", trial: 3, params: {}, label: "callback" }],
  [50, born(5, 0, "caller", "process", 3)],
  [50, runs(5)],
  [51, born(6, 5, "worker", "process", 3)],
  [51, sleeps(6, "pipe_read")],
  [52, born(7, 5, "_handle_results", "thread", 3)],
  [52, sleeps(7, "pipe_read")],
  [60, call(5, 3, "callback")],
  [60.1, { kind: "call.returned", task: 5, call: 3, style: "callback", result: "handle" }],
  [61, runs(6)],
  [61, { kind: "step", task: 6, label: "computes", line: 3, code: "job" }],
  [66, sleeps(5, "futex")],
  [70, { kind: "step", task: 6, label: "computed", line: 5, code: "job" }],
  [70.2, runs(7)],
  [70.5, { kind: "call.notified", task: 7, call: 3, style: "callback", how: "callback" }],
  [75, { kind: "trial.ended", trial: 3 }],
  [80, { kind: "run.ended", reason: "finished", summary: {} }],
].map(([ms, fact]) => /** @type {[number, object]} */ ([ms, fact]));

const DRAWN = { begins: ["computes"], done: ["computed"] }; // as the lesson declares it

function read(facts = RUN) {
  const { tracks } = played(facts);
  const timeline = readTimeline(tracks);
  return { tracks, timeline, calls: readCalls(timeline, tracks.end_ns, DRAWN) };
}

function laid(more = {}) {
  const { calls } = read();
  return layoutCalls({
    calls,
    width: 1000,
    from_ns: 0,
    to_ns: 80 * MS,
    end_ns: 80 * MS,
    size: 1,
    budget: 400,
    focus: calls[1],
    guessed: false,
    few: false,
    ...more,
  });
}

test("each trial is a call with its caller, its worker and its helper threads", () => {
  const { calls } = read();
  assert.deepEqual(
    calls.map((one) => [one.calls[0].style, one.caller, one.worker, one.helpers]),
    [
      ["direct", 1, null, []],
      ["apply", 2, 3, [4]],
      ["callback", 5, 6, [7]],
    ],
  );
  assert.deepEqual(
    calls.map((one) => [one.calls[0].from_ns / MS, one.end_ns / MS, one.over]),
    [
      [3, 13, true],
      [30, 42, true],
      [60, 70.5, true],
    ],
  );
  assert.equal(calls[2].calls[0].notified_by, 7);
});

test("a call that has only returned a handle is not over", () => {
  const { calls } = read(RUN.filter(([, fact]) => fact.kind !== "call.notified" && fact.kind !== "run.ended"));
  assert.deepEqual(
    calls.map((one) => one.over),
    [true, true, false],
  );
  assert.equal(calls[2].end_ns, 75 * MS);
});

test("on a core, ready and asleep add up to the time from the call to the result", () => {
  const { tracks, calls } = read();
  const sums = stateTotals(tracks, calls[1]);
  assert.deepEqual(
    [sums.wall_ns, sums.asleep_ns, sums.ready_ns, sums.running_ns].map((ns) => Math.round(ns / 1e4) / 100),
    [12, 10, 0.5, 1.5],
  );
  assert.equal(sums.reason, "futex");
});

test("the two axes are read from the run: what the call brought back, and what the thread did", () => {
  const { tracks, calls } = read();
  assert.deepEqual(
    calls.map((one) => classifyCall(one, stateTotals(tracks, one))),
    [
      { axis: "sync", doing: "awake" },
      { axis: "sync", doing: "asleep" },
      { axis: "async", doing: "both" },
    ],
  );
});

test("every call begins at the same x", () => {
  const layout = laid();
  const xs = layout.groups.map((group) => group.scale.x(group.zero_ns));
  assert.ok(xs.every((x) => Math.abs(x - xs[0]) < 1e-9));
  assert.ok(layout.groups[1].scale.x(42 * MS) < layout.clock.width);
});

test("helper threads have lanes in the call that is looked at, and wherever one runs a callback", () => {
  assert.deepEqual(
    laid().groups.map((group) => group.rows.map((row) => row.task)),
    [[1], [2, 3, 4], [5, 6, 7]],
  );
  assert.deepEqual(
    laid({ focus: null }).groups.map((group) => group.rows.map((row) => row.task)),
    [[1], [2, 3], [5, 6, 7]],
  );
});

test("lanes never overlap, whatever the width, the size and the guess", () => {
  for (const width of [340, 600, 1000])
    for (const size of [1, 1.5])
      for (const guessed of [false, true])
        for (const few of [false, true]) {
          const { rows, groups, height } = laid({ width, size, guessed, few });
          for (let i = 1; i < rows.length; i++)
            assert.ok(rows[i].y >= rows[i - 1].y + rows[i - 1].height, `${width} ${size} ${guessed}`);
          for (let i = 1; i < groups.length; i++) assert.ok(groups[i].y >= groups[i - 1].y + groups[i - 1].height);
          assert.ok(groups[2].y + groups[2].height <= height);
          assert.equal(groups.filter((group) => group.guess).length, guessed ? 1 : 0);
          for (const group of groups) assert.ok(group.height >= 24, "a finger's height");
        }
});

test("the picture is as high whichever call is looked at", () => {
  const { calls } = read();
  const heights = calls.map((focus) => laid({ calls, focus }).height);
  assert.equal(new Set(heights).size, 1);
});

test("a point finds the row it is in", () => {
  const layout = laid();
  for (const group of layout.groups) assert.equal(callAt(layout, group.y + 1), group);
  assert.equal(callAt(layout, 0), null);
});

test("going to another call keeps the moment, within what that call lasted", () => {
  const { calls } = read();
  assert.equal(toOtherTrial(calls[1], calls[0], 8 * MS), 35 * MS);
  assert.equal(toOtherTrial(calls[0], calls[1], 41.9 * MS), 13 * MS);
  assert.equal(toOtherTrial(calls[1], null, 0), 36 * MS);
});

test("the clock counts from the call, as the rows do; before it, it counts down", () => {
  const { history } = played(RUN);
  const last = history.seek(80 * MS);
  const at = (t_ns) =>
    createClock(last, (key) => key, { "trial.apply": "apply" }, true)
      .place(t_ns)
      .replace("\u00a0", " ");
  assert.equal(at(35 * MS), "trial.apply 5.000 ms");
  assert.equal(at(21 * MS), "trial.apply −9.000 ms");
});

test("what a caller slept for is what it slept for longest in all", () => {
  const { tracks, calls } = read(
    [
      ...RUN.filter(([, fact]) => !(fact.task === 2 && fact.kind === "task.state" && fact.state !== "blocked")),
      [34, sleeps(2, "sleep")],
      [35, sleeps(2, null)],
    ].sort((a, b) => a[0] - b[0]),
  );
  assert.equal(stateTotals(tracks, calls[1]).reason, "futex");
});

test("in every shipped recording each trial is one call whose times add up within one percent", () => {
  const folder = new URL("../../../server/lessons/sync_async/recordings/", import.meta.url);
  for (const name of readdirSync(folder)) {
    const lines = gunzipSync(readFileSync(new URL(name, folder)))
      .toString()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const { tracks, calls } = read(lines.filter((line) => line.fact).map((line) => [line.t_ns / MS, line.fact]));
    assert.equal(calls.length, lines.filter((line) => line.fact?.kind === "trial.started").length, name);
    for (const one of calls) {
      const sums = stateTotals(tracks, one);
      const sum = sums.running_ns + sums.ready_ns + sums.asleep_ns;
      assert.ok(one.over && Math.abs(sum - sums.wall_ns) <= sums.wall_ns / 100, `${name} ${one.calls[0].style}`);
    }
  }
});

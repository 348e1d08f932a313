import assert from "node:assert/strict";
import { test } from "node:test";
import { readTimeline } from "../../../static/js/engine/timeline.js";
import { readCalls, refusals } from "../../../static/js/views/calls/read.js";
import { cellOf, placed } from "../../../static/js/views/matrix/view.js";
import { played } from "./views_run.js";

const MS = 1e6;

/** One trial from 0 to 100 ms: how its caller spends that time, what the call returns with, what it learns how.
 * @param {number} number @param {[string, number][]} spent @param {string | null} result @param {object | null} learned */
function trial(number, spent, result, learned) {
  const [zero, task] = [200 * number, number];
  const facts = [
    [zero, { kind: "trial.started", trial: number, params: {}, label: `t${number}` }],
    [
      zero,
      {
        kind: "task.born",
        task,
        pid: 100 + task,
        tid: 100 + task,
        parent: 0,
        name: "caller",
        type: "process",
        how: "fork",
        trial: number,
        role: "caller",
      },
    ],
    [zero, { kind: "task.state", task, state: "ready", cause: "born" }],
  ];
  let at = zero + 1;
  for (const [state, long] of spent) {
    const cause = { running: "dispatched", blocked: "waits", ready: "preempted" }[state];
    facts.push([at, { kind: "task.state", task, state, cause, cpu: 0 }]);
    if (at === zero + 1) facts.push([at, { kind: "call.started", task, call: number, style: "x" }]);
    at += long;
  }
  const returned = learned ? zero + 1 : at;
  facts.push([returned, { kind: "call.returned", task, call: number, style: "x", ...(result ? { result } : {}) }]);
  if (learned) facts.push([at, { kind: "call.notified", task, call: number, style: "x", ...learned }]);
  facts.push([at + 1, { kind: "trial.ended", trial: number }]);
  return /** @type {[number, object][]} */ (facts);
}

const SLEEPS = /** @type {[string, number][]} */ ([
  ["blocked", 99],
  ["running", 1],
]);
const COMPUTES = /** @type {[string, number][]} */ ([
  ["running", 60],
  ["ready", 40],
]);

/** @param {Parameters<typeof trial>[]} trials */
function cells(...trials) {
  const { tracks } = played(trials.flatMap((one) => trial(...one)));
  return placed(readCalls(readTimeline(tracks), tracks.end_ns, { done: ["answers"] }), tracks);
}

test("what a call brought back decides its row, what its thread did decides its column", () => {
  const found = cells(
    [1, SLEEPS, null, null],
    [2, COMPUTES, "value", null],
    [3, SLEEPS, "handle", { how: "event", count: 3 }],
    [4, COMPUTES, "handle", { how: "poll", count: 70 }],
  );
  assert.deepEqual(
    found.map((one) => one.cell),
    ["sync.blocked", "sync.awake", "async.blocked", "async.awake"],
  );
});

test("a call that said EAGAIN stands outside, whether its thread slept between its questions or not", () => {
  const found = cells(
    [1, SLEEPS, "EAGAIN", { how: "poll", count: 3 }],
    [2, COMPUTES, "value", { how: "poll", count: 6567 }],
  );
  assert.deepEqual(
    found.map((one) => [one.cell, one.refused]),
    [
      ["refused", 3],
      ["refused", 6567],
    ],
  );
});

test("a handle that is asked about is not refused: somebody is working for it", () => {
  const [one] = cells([1, COMPUTES, "handle", { how: "poll", count: 70 }]);
  assert.equal(refusals(one.call), 0);
});

test("the figures of a call are those of its own records, and waiting for a core counts for neither column", () => {
  const [one] = cells([
    1,
    [
      ["running", 10],
      ["ready", 80],
      ["blocked", 5],
      ["running", 5],
    ],
    null,
    null,
  ]);
  assert.deepEqual([Math.round(one.sums.running_ns / MS), Math.round(one.sums.asleep_ns / MS)], [15, 5]);
  assert.equal(cellOf(one.call, one.sums), "sync.awake");
});

test("a call that is still under way stands nowhere yet", () => {
  const facts = trial(1, SLEEPS, null, null).filter(([, fact]) => /** @type {any} */ (fact).kind !== "call.returned");
  const { tracks } = played(facts);
  assert.deepEqual(placed(readCalls(readTimeline(tracks), tracks.end_ns, { done: ["answers"] }), tracks), []);
});

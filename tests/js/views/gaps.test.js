import assert from "node:assert/strict";
import { test } from "node:test";
import { gapAt, watches } from "../../../static/js/views/gaps/read.js";
import { played } from "./views_run.js";

/** @param {number} call @param {string} style @param {number} from @param {number} to */
const call = (call, style, from, to) =>
  /** @type {[number, object][]} */ ([
    [from, { kind: "call.started", task: 1, call, style }],
    [to, { kind: "call.returned", task: 1, call, style }],
  ]);
/** @param {string} state @param {string} cause */
const state = (state, cause) => ({ kind: "task.state", task: 1, state, cause, cpu: 0 });
const BORN = { kind: "task.born", task: 1, pid: 9, tid: 9, parent: 0, name: "w", type: "process", how: "fork" };

test("a gap holds an absence of more than 100 µs, or none", () => {
  const { tracks } = played([
    [0, BORN],
    [1, state("running", "dispatched")],
    [5, state("ready", "preempted")],
    [9, state("running", "dispatched")],
    ...call(1, "watch", 2, 30),
    ...call(2, "gap", 4.9, 9.1),
    ...call(3, "gap", 20, 20.3),
  ]);
  const [{ task, gaps }] = watches(tracks);
  assert.equal(task, 1);
  assert.deepEqual(
    gaps.map(({ absence }) => absence),
    [{ from_ns: 5e6, to_ns: 9e6 }, null],
  );
  assert.equal(gapAt(gaps, 15e6), gaps[0]);
  assert.equal(gapAt(gaps, 1e6), gaps[0]);
  assert.deepEqual(watches(played([[0, BORN]]).tracks), []);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { cellOf, looksAt, rowsOf } from "../../../static/js/views/card/read.js";
import { dollarOf, endsOf } from "../../../static/js/views/exits/read.js";
import { played } from "./views_run.js";

/** @param {number} task @param {string} role */
const born = (task, role) => ({
  ...{ kind: "task.born", task, pid: 100 + task, tid: 100 + task, parent: 0, name: role, type: "process" },
  ...{ how: "fork", trial: 1, role },
});

/** Two processes of a trial, one that is killed at 5 ms and one that returns at 7 ms and says bye before. */
const RUN = /** @type {[number, object][]} */ ([
  [1, { kind: "trial.started", trial: 1, params: {}, label: "ways" }],
  [1, born(1, "killed")],
  [1, born(2, "returns")],
  [2, { kind: "task.described", task: 1, of: "rss_kb", text: "800" }],
  [2, { kind: "task.described", task: 1, of: "fd 3", text: "/a pos 0" }],
  [3, { kind: "step", task: 1, label: "frozen" }],
  [3, { kind: "task.described", task: 1, of: "nice", text: "0" }],
  [4, { kind: "step", task: 1, label: "later" }],
  [4, { kind: "task.described", task: 1, of: "fd 3", text: "/a pos 9" }],
  [5, { kind: "task.state", task: 1, state: "zombie", cause: "exited" }],
  [5, { kind: "task.died", task: 1, signal: 9 }],
  [5, { kind: "task.described", task: 1, of: "rss_kb", text: "" }],
  [6, { kind: "output", task: 2, stream: "stdout", text: "bye\n" }],
  [7, { kind: "task.state", task: 2, state: "zombie", cause: "exited" }],
  [7, { kind: "task.died", task: 2, code: 0 }],
  [8, { kind: "task.reaped", task: 1 }],
]);
const MS = 1e6;

test("a shell's $? is a code's low eight bits, or 128 and the signal", () => {
  assert.deepEqual([dollarOf(300, null), dollarOf(0, null), dollarOf(null, 9)], [44, 0, 137]);
  assert.equal(dollarOf(null, null), null);
});

test("who said bye comes first once all have ended, and in order of birth before", () => {
  const { history } = played(RUN);
  const early = endsOf(history.seek(6.5 * MS), "bye");
  assert.deepEqual(
    early.map(({ task, ended, said }) => [task.role, ended, said]),
    [
      ["killed", true, false],
      ["returns", false, true],
    ],
  );
  const late = endsOf(history.seek(9 * MS), "bye");
  assert.deepEqual(
    late.map(({ task, dollar, reaped }) => [task.role, dollar, reaped]),
    [
      ["returns", 0, false],
      ["killed", 137, true],
    ],
  );
});

test("a card without looks is one column, in which a line that has gone is absent but known", () => {
  const { tracks } = played(RUN);
  const [{ lines }] = looksAt(tracks, 1, 9 * MS, []);
  const task = /** @type {any} */ ({ task: 1 });
  const was = new Map(lines.filter(([, text]) => text));
  const columns = [{ title: "", task, cells: new Map([...new Map(lines)].filter(([, text]) => text)), was }];
  assert.equal(cellOf(columns, 0, "rss_kb").kind, "gone");
  assert.deepEqual(cellOf(columns, 0, "fd 3"), { text: "/a pos 9", kind: "first" });
  assert.deepEqual(rowsOf(columns, ["nice", "fd", "exe"]), ["nice", "fd 3"]);
});

test("looks are columns that begin with their step and keep what was not told anew", () => {
  const { tracks } = played(RUN);
  const looks = looksAt(tracks, 1, 4.5 * MS, ["frozen", "later", "thawed"]);
  assert.deepEqual(
    looks.map(({ look }) => look),
    ["frozen", "later"],
  );
  assert.equal(new Map(looks[1].lines).get("nice"), "0");
  assert.equal(new Map(looks[0].lines).get("rss_kb"), "800");
});

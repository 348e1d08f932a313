import assert from "node:assert/strict";
import { test } from "node:test";
import { spoken } from "../../../static/js/views/code/view.js";

const symbols = new Set(["first", "second", "third"]);
/** @param {number} task @param {number | null} trial @param {string | null} code @param {Partial<import("../../../static/js/types").Task>} [more] */
const told = (task, trial, code, more = {}) =>
  /** @type {import("../../../static/js/types").Task} */ ({ task, trial, step: code && { code, line: 1 }, ...more });

test("shown are the functions of the trial whose task speaks", () => {
  const tasks = [told(1, 1, "first"), told(2, 2, "second"), told(3, 2, "third"), told(4, 2, "another file's")];
  assert.deepEqual(spoken(tasks, tasks[1], symbols), new Set(["second", "third"]));
  assert.deepEqual(spoken(tasks, tasks[0], symbols), new Set(["first"]));
});

test("between two trials those of the one before; before anybody has told anything, none in particular", () => {
  const ended = [told(1, 1, "first"), told(2, 2, "second"), told(3, 3, null)];
  assert.deepEqual(spoken(ended, null, symbols), new Set(["second"]));
  assert.deepEqual(spoken([told(1, null, "third")], null, symbols), new Set(["third"]));
  assert.deepEqual(spoken([told(1, 1, null)], null, symbols), new Set());
});

test("a task that has told nothing, and a function that is not shown, name none", () => {
  const tasks = [told(1, 1, "first"), told(2, 2, "second"), told(3, 2, null)];
  assert.deepEqual(spoken(tasks, tasks[2], new Set(["second"])), new Set(["second"]));
  assert.deepEqual(spoken(tasks, tasks[2], new Set(["first"])), new Set());
});

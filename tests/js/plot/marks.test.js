import assert from "node:assert/strict";
import { test } from "node:test";
import { visibleWakes } from "../../../static/js/plot/marks.js";

/** @typedef {import("../../../static/js/plot/layout.js").Row} Row */
const [ONE, TWO, THREE] = /** @type {Row[]} */ (/** @type {unknown} */ ([{ task: 1 }, { task: 2 }, { task: 3 }]));
const WAKES = [
  { x: 10, from: ONE, to: TWO },
  { x: 20, from: TWO, to: THREE },
  { x: 30, from: null, to: ONE },
];

test("a selected row shows the arrows to it and from it", () => {
  assert.deepEqual(visibleWakes(WAKES, ONE), [WAKES[0], WAKES[2]]);
  assert.deepEqual(visibleWakes(WAKES, ONE, "selected"), [WAKES[0], WAKES[2]]);
});

test("without a selected row all arrows show, or none where a lesson opens without them", () => {
  assert.deepEqual(visibleWakes(WAKES, null), WAKES);
  assert.deepEqual(visibleWakes(WAKES, null, "selected"), []);
});

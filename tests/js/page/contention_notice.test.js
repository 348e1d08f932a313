import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyWorld, reduce } from "../../../static/js/engine/world.js";
import { contentionAt, hasContendedTrial } from "../../../static/js/page/contention_notice.js";

/** @param {import("../../../static/js/types.js").Fact[]} facts */
const world = (...facts) =>
  facts.reduce((known, fact, i) => reduce(known, { t_ns: 10 * i, source: "derived", fact }), emptyWorld());
/** @param {string} name @param {number} value @param {number} [trial] @returns {any} */
const value = (name, value, trial) => ({ kind: "value.measured", name, value, unit: "percent", trial });
/** @param {number} trial @returns {any} */
const trial = (trial) => ({ kind: "trial.started", trial, params: {} });

test("the share is that of the trial at the playhead, else the run's, and unknown before it is measured", () => {
  const last = world(trial(1), value("others_share", 12, 1), trial(2));
  assert.equal(contentionAt({ last, t_ns: 5 })?.value, 12);
  assert.equal(contentionAt({ last, t_ns: 25 }), null);
  assert.equal(contentionAt({ last: world(trial(1), value("others_share", 40)), t_ns: 5 })?.value, 40);
});

test("only a run of the reader's own is called too busy, and only if a trial was", () => {
  const busy = world(value("busy_trials", 1));
  assert.ok(hasContendedTrial({ last: busy, recorded: false }));
  assert.ok(!hasContendedTrial({ last: busy, recorded: true }));
  assert.ok(!hasContendedTrial({ last: world(value("busy_trials", 0)), recorded: false }));
  assert.ok(!hasContendedTrial({ last: world(), recorded: false }));
});

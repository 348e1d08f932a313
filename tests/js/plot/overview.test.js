import assert from "node:assert/strict";
import { test } from "node:test";
import { paintOverview } from "../../../static/js/plot/overview.js";

const MS = 1e6;

/** The texts that the strip of a trial writes which began `from_ns` after the zero of the axis below it. */
function written(from_ns) {
  const texts = [];
  const context = new Proxy({ fillText: (text) => texts.push(text) }, { get: (own, name) => own[name] ?? (() => {}) });
  const clock = { width: 500, from_ns: 20 * MS, to_ns: 30 * MS };
  const groups = [{ zero_ns: 0, trial: { from_ns }, to_ns: 95 * MS }];
  const pen = { context, theme: {}, font: "sans-serif", right: 560, density: 1 };
  paintOverview(
    pen,
    { left: 60, clock, rows: [], top: 50, groups },
    { tracks: null },
    { whole: "whole", guess_ns: null },
  );
  return texts;
}

test("the strip of a whole trial begins where the axis below it says", () => {
  assert.deepEqual(written(0), ["0", "whole", "95.0\u00a0ms"]);
  assert.deepEqual(written(3 * MS), ["3.0\u00a0ms", "whole", "92.0\u00a0ms"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { seen } from "../../../static/js/plot/legend.js";
import { paintBar, paintVeil } from "../../../static/js/plot/paint.js";
import { played, RUN } from "../views/views_run.js";

/** What the key names at an instant. */
function named(more, whole = false) {
  const { tracks } = played(RUN);
  return seen({ tracks, version: 1, last: { counts: { woken: 0 } }, t_ns: 0, ...more }, whole);
}

test("of an open question the key names what was, and what is not shown yet, but nothing that comes later", () => {
  const { tracks } = played(RUN);
  const all = named({});
  assert.ok(all.has("running") && !all.has("unknown"));
  const first_ns = Math.min(...tracks.tasks().map((task) => [...tracks.between(task, 0, tracks.end_ns)][0].from_ns));
  assert.deepEqual([...named({ veiled: true, t_ns: first_ns })], ["unknown"]);
  assert.deepEqual([...named({ veiled: true, t_ns: tracks.end_ns })].sort(), [...all, "unknown"].sort());
});

test("a view that goes on behind the playhead has all its states in the key", () => {
  assert.deepEqual([...named({ veiled: true }, true)].sort(), [...named({}), "unknown"].sort());
});

/** A canvas that notes what was called on it. */
function noted() {
  const calls = [];
  const context = new Proxy(
    { measureText: () => ({ width: 8 }) },
    { get: (own, name) => own[name] ?? ((...given) => calls.push([name, ...given])), set: () => true },
  );
  const pen = { context, theme: {}, size: 1, font: "sans-serif", left: 0, right: 500, density: 1 };
  return { pen, named: (name) => calls.filter(([called]) => called === name) };
}

test("what is not shown yet has no box: a dashed one is a task that ended and was not collected", () => {
  const [zombie, unknown] = [noted(), noted()];
  paintBar(zombie.pen, { state: "zombie", x: 100, to: 300, y: 0, height: 26, text: "", open: false });
  paintVeil(unknown.pen, 100, 300, { y: 0, height: 26 });
  assert.equal(zombie.named("strokeRect").length, 1);
  assert.equal(unknown.named("strokeRect").length, 0);
  assert.deepEqual(unknown.named("fillText"), [["fillText", "?", 200, 14]]);
  assert.ok(unknown.named("fillRect").length > 10); // its dots
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { decadeRange, dotPositions, heaps, seriesOf } from "../../../static/js/views/repeats/view.js";

const value = (name, amount, unit) => [name, { kind: "value.measured", name, value: amount, unit }];
const VALUES = new Map([
  value("wall_ms", 12, "ms"),
  value("repeat:at:1", 5, "ms"),
  value("repeat:at:2", 7, "ms"),
  value("repeat:back:2", 4000, "us"),
  value("repeat:back:1", 12, "us"),
  value("repeat:back:3", 12.1, "us"),
  value("repeat:moved:1", 0, "count"),
  value("repeat:moved:2", 1, "count"),
  value("repeat:moved:3", 0, "count"),
]);

test("values named after a repeat make series, in the order of the repeats, with the instants of the run", () => {
  const [back, moved] = seriesOf(VALUES);
  assert.deepEqual([back.name, back.lengths, moved.name, moved.lengths], ["back", true, "moved", false]);
  assert.deepEqual(
    back.times.map((time) => [time.number, time.value, time.at_ns]),
    [
      [1, 12e3, 5e6],
      [2, 4e6, 7e6],
      [3, 12.1e3, null],
    ],
  );
});

test("lengths lie on one scale of powers of ten that holds them all", () => {
  const all = seriesOf(VALUES);
  const decades = decadeRange(all);
  assert.deepEqual(decades, [1e4, 1e5, 1e6, 1e7]);
  const placed = dotPositions(all[0], decades);
  assert.ok(placed.every(({ x }) => x >= 0 && x <= 1));
  assert.equal(placed.length, 3, "no dot is lost");
  assert.ok(placed[1].x > 0.8 && placed[0].x < 0.1);
});

test("dots in one place are heaped up, none hides another", () => {
  const placed = dotPositions(seriesOf(VALUES)[0], [1e4, 1e5, 1e6, 1e7]);
  assert.deepEqual([placed[0].level, placed[2].level, placed[0].x], [0, 1, placed[2].x]);
});

test("whole numbers are counted by value", () => {
  assert.deepEqual(
    heaps(seriesOf(VALUES)[1]).map(([number, times]) => [number, times.length]),
    [
      [0, 2],
      [1, 1],
    ],
  );
});

test("a run without repeats has no series", () => {
  assert.deepEqual(seriesOf(new Map([value("wall_ms", 1, "ms")])), []);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { readTimeline, Timeline } from "../../../static/js/engine/timeline.js";
import { blendPixel, coreShares } from "../../../static/js/plot/dense.js";
import { coresShown, groupAt, layoutLanes, pitchOf, rowAt } from "../../../static/js/plot/layout.js";
import { pinchWindow, zoomWindow } from "../../../static/js/plot/pointer.js";
import { countOverlapping } from "../../../static/js/plot/rows.js";
import { clampWindow, toRunTime, visibleWindow } from "../../../static/js/plot/trial_window.js";
import { played, RUN } from "../views/views_run.js";

const MS = 1e6;
const TRIALS = [
  { from_ns: 10 * MS, to_ns: 36 * MS },
  { from_ns: 40 * MS, to_ns: 52 * MS },
];

function laid(more = {}) {
  const { tracks, story } = played(RUN);
  const timeline = readTimeline(tracks);
  return {
    tracks,
    timeline,
    layout: layoutLanes({
      timeline,
      mode: "task",
      width: 1000,
      from_ns: 0,
      to_ns: story.end_ns,
      end_ns: story.end_ns,
      size: 1,
      budget: 400,
      ...more,
    }),
  };
}

test("the timeline knows who was there, in which trial, and how they ended", () => {
  const { timeline } = laid();
  assert.deepEqual(
    [...timeline.tasks.values()].map((who) => [who.name, who.trial, who.code, who.reaped_ns]),
    [
      ["T1", 1, 0, 31 * MS],
      ["T2", 1, 0, 35 * MS],
      ["T3", 2, 0, 51 * MS],
      ["T4", 2, 0, 51 * MS],
    ],
  );
  assert.deepEqual(
    timeline.trials.map((one) => [one.trial, one.from_ns, one.to_ns]),
    [
      [1, 10 * MS, 36 * MS],
      [2, 40 * MS, 52 * MS],
    ],
  );
  assert.equal(timeline.values.get("guess:half@1"), 10);
});

test("lanes by core have no group before any task of a live run was seen on a core", () => {
  const { timeline } = laid();
  const early = Object.assign(Object.create(timeline), { cpus: [] });
  assert.deepEqual(laid({ timeline: early, mode: "core" }).layout.groups, []);
  assert.ok(laid({ timeline: early }).layout.groups.length > 0);
});

test("with one trial the lanes show the player's own window", () => {
  assert.deepEqual(visibleWindow([TRIALS[0]], 3, 9, 20), {
    from_ns: 3,
    to_ns: 9,
    anchor_ns: 0,
    relative: false,
    low_ns: 0,
    high_ns: 20,
  });
});

test("with two trials the whole run shows the longest trial from its own zero", () => {
  const shown = visibleWindow(TRIALS, 0, 53 * MS);
  assert.equal(shown.relative, true);
  assert.equal(shown.anchor_ns, 10 * MS);
  assert.ok(shown.from_ns <= 0 && shown.to_ns >= 26 * MS);
});

test("a window inside the second trial counts from the second trial's zero", () => {
  const shown = visibleWindow(TRIALS, 42 * MS, 46 * MS);
  assert.deepEqual([shown.from_ns, shown.to_ns, shown.anchor_ns], [2 * MS, 6 * MS, 40 * MS]);
});

test("on a projector with more than six lanes the peers step back; with fewer everybody stays", () => {
  /** @param {number} count */
  const rows = (count) => {
    const tasks = new Map(
      Array.from({ length: count }, (_, i) => [
        i + 1,
        { task: i + 1, trial: null, role: i + 1 < count ? "worker" : "peer" },
      ]),
    );
    const wanted = {
      timeline: Object.assign(new Timeline(), { tasks, cpus: [0] }),
      mode: "task",
      width: 1000,
      from_ns: 0,
      to_ns: MS,
      end_ns: MS,
      size: 1.5,
      budget: 300,
    };
    return [layoutLanes({ ...wanted, few: true, aside: ["peer"] }).rows.length, layoutLanes(wanted).rows.length];
  };
  assert.deepEqual(rows(7), [6, 7]);
  assert.deepEqual(rows(6), [6, 6]);
});

test("the same moment of every trial stands at the same x", () => {
  const { layout } = laid();
  assert.equal(layout.groups.length, 2);
  const [one, two] = layout.groups;
  assert.ok(Math.abs(one.scale.x(15 * MS) - two.scale.x(45 * MS)) < 1e-9);
  assert.equal(groupAt(layout, 45 * MS), two);
  assert.equal(groupAt(layout, 38 * MS), one);
});

test("every task has a lane, by core every trial has every core, and lanes never overlap", () => {
  for (const [mode, rows] of [
    ["task", 4],
    ["core", 4],
  ]) {
    const { layout } = laid({ mode });
    assert.equal(layout.rows.length, rows);
    for (let i = 1; i < rows; i++) assert.ok(layout.rows[i].y >= layout.rows[i - 1].y + layout.rows[i - 1].height);
    assert.equal(rowAt(layout, layout.rows[2].y + 2), layout.rows[2]);
    assert.equal(rowAt(layout, 0), null);
  }
});

test("lanes are never closer than a finger's 24 px", () => {
  for (const rows of [1, 2, 6, 32]) for (const room of [-50, 100, 900]) assert.ok(pitchOf(rows, 1, room) >= 24);
  assert.equal(pitchOf(2, 1, 900), 38);
});

test("gestures stay within what there is to see, and say when nothing moves", () => {
  const { layout } = laid();
  assert.equal(clampWindow(layout, 0, 1), null);
  assert.equal(clampWindow(layout, -1, 2), null);
  const half = clampWindow(layout, 0.25, 0.75);
  assert.ok(half && Math.abs((half.to_ns - half.from_ns) * 2 - (layout.high_ns - layout.low_ns)) < 1);
  const left = clampWindow(layout, -0.5, 0);
  assert.ok(left && left.from_ns === layout.low_ns);
  const least = clampWindow(layout, 0.5, 0.5);
  assert.ok(least && least.to_ns - least.from_ns >= 20_000);
  assert.deepEqual(toRunTime(layout, 0, 5), { from_ns: 10 * MS, to_ns: 10 * MS + 5 });
});

test("zooming keeps what is under the pointer, pinching what is under the fingers", () => {
  const [from, to] = zoomWindow(0.3, 2);
  assert.ok(Math.abs((0.3 - from) / (to - from) - 0.3) < 1e-12);
  const [low, high] = pinchWindow([0.4, 0.6], [0.2, 0.8]);
  assert.ok(Math.abs((0.4 - low) / (high - low) - 0.2) < 1e-12);
  assert.ok(Math.abs((0.6 - low) / (high - low) - 0.8) < 1e-12);
});

test("the intervals of a window are counted, the one that began before it included", () => {
  const { tracks } = laid();
  const track = tracks.track(1);
  assert.equal(countOverlapping(track, 13 * MS, 14 * MS), 1);
  assert.equal(countOverlapping(track, 12 * MS, 17 * MS), 3);
});

test("a short slice never vanishes in a blended column, and an empty one stays transparent", () => {
  const palette = {
    stamp: "",
    running: [0, 120, 90],
    ready: [250, 240, 220],
    readyEdge: [160, 100, 0],
    blocked: [227, 229, 235],
    stopped: [120, 80, 160],
  };
  const out = new Uint8ClampedArray(12);
  blendPixel(new Float32Array([0, 0.0001, 0.9999, 0, 0]), 0, palette, false, out, 0);
  blendPixel(new Float32Array([0, 0, 1, 0, 0]), 0, palette, false, out, 4);
  blendPixel(new Float32Array(5), 0, palette, false, out, 8);
  assert.ok(out[4] - out[0] > 30, "a hundred-thousandth of running is seen against blocked");
  assert.equal(out[3], 255);
  assert.equal(out[11], 0);
  assert.deepEqual([...coreShares(new Float32Array([0.5, 1]))], [0, 0.5, 0, 0, 0, 0, 1, 0, 0, 0]);
});

test("a trial has as many seats as it has cores: those it used, filled up", () => {
  const { timeline } = laid();
  assert.deepEqual(coresShown(timeline, timeline.trials[0], [0]), [0]);
  assert.deepEqual(coresShown(timeline, timeline.trials[1], [1]), [0, 1]);
  assert.deepEqual(coresShown(timeline, null, []), [0, 1]);
});

test("two fingers that cross go on zooming, and never turn the window round", () => {
  const [from, to] = pinchWindow([0.3, 0.7], [0.6, 0.4]);
  assert.ok(from < to);
  assert.deepEqual(pinchWindow([0.3, 0.7], [0.6, 0.4]), pinchWindow([0.3, 0.7], [0.4, 0.6]));
});

test("a window of one trial has the whole of it above, where it says something and there is room", () => {
  const only = { trials: [1], tasks: [] };
  const [from_ns, to_ns] = [20 * MS, 24 * MS];
  const { top = 0, groups } = laid({ only, from_ns, to_ns }).layout;
  assert.ok(top > 0);
  assert.ok(groups[0].y > top);
  assert.equal(laid({ only, from_ns: 10 * MS, to_ns: 36 * MS }).layout.top, 0); // the window is the trial
  assert.equal(laid({ from_ns, to_ns }).layout.top, 0); // two trials on one clock
  assert.equal(laid({ only, from_ns, to_ns, budget: 120 }).layout.top, 0);
  assert.equal(laid({ only, from_ns, to_ns, few: true }).layout.top, 0);
  assert.equal(laid({ only, from_ns, to_ns, veiled: true }).layout.top, 0); // the rest of the trial would answer
});

test("a measured distance has room below the lanes, and the lanes keep theirs", () => {
  const [plain, measured] = [laid().layout, laid({ measured: true }).layout];
  assert.equal(measured.height - plain.height, measured.below);
  assert.equal(plain.below, 0);
});

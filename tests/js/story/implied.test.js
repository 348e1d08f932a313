import assert from "node:assert/strict";
import { test } from "node:test";
import { createPlayer } from "../../../static/js/engine/player.js";
import { impliedParams } from "../../../static/js/story/implied.js";

const picture = { from_ns: 0, to_ns: 1000, at_ns: 400, selected: 3, play: null };
const shown = { held: { id: null }, picture, scene: { step: "one", preset: "two" } };
const screen = { step: "one", preset: "two", shown, selected: 3 };
const there = createPlayer({ from_ns: 0, to_ns: 1000, t_ns: 400, selected: 3, fit: false });

test("the picture of a step is its step alone", () => {
  assert.deepEqual(impliedParams(screen, there), {
    step: "one",
    preset: null,
    t_ns: null,
    view: null,
    task: null,
    speed: null,
  });
});

test("a speed that the step does not have is said, and a row that is no longer set apart", () => {
  assert.equal(impliedParams(screen, { ...there, speed: 1 }).speed, 1);
  assert.deepEqual(impliedParams(screen, { ...there, selected: null }), { step: "one", preset: null, task: "none" });
});

test("another preset than the step's is said, and all of the player with it", () => {
  const other = { ...screen, preset: "three", shown: null, selected: null };
  assert.deepEqual(impliedParams(other, there), { step: "one", preset: "three" });
});

test("a reader who shows all of a recording is not at the step's picture, however near the two windows are", () => {
  const all = { ...there, from_ns: 5, to_ns: 995, fit: true };
  assert.deepEqual(impliedParams(screen, all), { step: "one", preset: null });
  assert.equal(impliedParams(screen, { ...all, fit: false }).view, null, "a nudge is forgiven");
});

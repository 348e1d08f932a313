import assert from "node:assert/strict";
import { test } from "node:test";
import { parseUrlState, serializeUrlState } from "../../../static/js/page/url_state.js";
import { random } from "../engine/random_run.js";

test("the address of a screen reads back as that screen", () => {
  const next = random(1);
  for (let i = 0; i < 500; i++) {
    const whole = () => Math.floor(next() * 6e10);
    const maybe = (value) => (next() < 0.3 ? null : value);
    const from = whole();
    const screen = {
      run: maybe("a1b2c3"),
      guess: maybe("half"),
      step: maybe("one-core"),
      t_ns: maybe(whole()),
      task: maybe(next() < 0.2 ? "none" : 3),
      lanes: maybe("core"),
      speed: maybe(0.01),
      view: maybe(next() < 0.2 ? "all" : [from, from + 1 + whole()]),
    };
    const { preset, key, ...read } = parseUrlState(serializeUrlState("?preset=threads&tasks=4", screen));
    assert.deepEqual(read, screen);
    assert.deepEqual([preset, key], ["threads", null]);
  }
});

test("what is not ours stays in the query, and what is null leaves it", () => {
  assert.equal(serializeUrlState("?preset=p&tasks=4&t=5", { t_ns: null, run: "x" }), "?preset=p&tasks=4&run=x");
  assert.equal(serializeUrlState("?t=5", { t_ns: null }), "");
  assert.equal(serializeUrlState("?t=5", {}), "?t=5");
});

test("what cannot be meant counts as absent", () => {
  const absent = {
    preset: null,
    run: null,
    t_ns: null,
    view: null,
    speed: null,
    task: null,
    guess: null,
    step: null,
    lanes: null,
    key: null,
  };
  assert.deepEqual(
    parseUrlState("?t=-5&view=9-3&speed=7&task=x&run=%3Cb%3E&guess=a%20b&step=&preset=../x&lanes=x", "#key=<x>"),
    absent,
  );
  assert.equal(parseUrlState("", "#key=Abc_1-2").key, "Abc_1-2");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { createScale, duration, instant, tickStep } from "../../../static/js/engine/scale.js";
import { random } from "./random_run.js";

test("a pixel comes back to the instant it was made from", () => {
  const next = random(1);
  for (let i = 0; i < 500; i++) {
    const from = Math.floor(next() * 6e10);
    const scale = createScale(from, from + 1 + Math.floor(next() * 6e10), 1 + next() * 3000);
    const t_ns = scale.from_ns + next() * (scale.to_ns - scale.from_ns);
    assert.ok(Math.abs(scale.t(scale.x(t_ns)) - t_ns) < 1);
    assert.equal(scale.x(scale.from_ns), 0);
    assert.ok(Math.abs(scale.x(scale.to_ns) - scale.width) < 1e-6);
  }
});

test("ticks lie in the window, evenly, with distinct texts, at most one more than asked for", () => {
  const next = random(2);
  for (let i = 0; i < 500; i++) {
    const from = Math.floor(next() * 3e10);
    const scale = createScale(from, from + 20 + Math.floor(10 ** (next() * 10)), 800);
    const ticks = scale.ticks(8);
    assert.ok(ticks.length >= 1 && ticks.length <= 9, `${ticks.length}`);
    assert.ok(ticks.every(({ t_ns }) => t_ns >= scale.from_ns && t_ns <= scale.to_ns));
    assert.equal(new Set(ticks.map(({ text }) => text)).size, ticks.length);
  }
});

test("ticks read like an axis", () => {
  const texts = createScale(0, 200e6, 900)
    .ticks(8)
    .map(({ text }) => text);
  assert.deepEqual(
    texts,
    ["0 ms", "50 ms", "100 ms", "150 ms", "200 ms"].map((text) => text.replace(" ", "\u00a0")),
  );
  assert.equal(createScale(1e9, 1.002e9, 900).ticks(4)[1].text, "1.0005\u00a0s");
  assert.equal(tickStep(200, 8), 50);
});

test("lengths carry a unit and a sensible precision", () => {
  const wanted = { 1.83e9: "1.83 s", 251e6: "251 ms", 4e6: "4.0 ms", 310e3: "0.31 ms", 2600: "2.6 µs", 40: "40 ns" };
  for (const [ns, text] of Object.entries(wanted)) assert.equal(duration(Number(ns)), text.replace(" ", "\u00a0"));
  assert.equal(instant(118604220), "118.604\u00a0ms");
});

test("an empty window or no width gives numbers all the same", () => {
  const scale = createScale(5, 5, 0);
  assert.ok(Number.isFinite(scale.x(7)) && Number.isFinite(scale.t(3)));
  assert.ok(scale.ticks(5).length <= 6);
});

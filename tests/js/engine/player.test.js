import assert from "node:assert/strict";
import { test } from "node:test";
import { createPlayer, reduce, SPEEDS } from "../../../static/js/engine/player.js";
import { random } from "./random_run.js";

const MS = 1e6;
/** A player of a finished run of 100 ms. */
const over = (given = {}) => reduce(createPlayer(given), { do: "grew", end_ns: 100 * MS, ended: true });
const play = (player, ...actions) => actions.reduce(reduce, player);
const ticks = (player, from_ms, to_ms, step_ms = 16) => {
  for (let now_ms = from_ms; now_ms <= to_ms; now_ms += step_ms) player = reduce(player, { do: "tick", now_ms });
  return player;
};

test("at 1/100 of real time a second on screen is ten milliseconds of the run", () => {
  const player = ticks(play(over({ speed: 1 / 100 }), { do: "play" }), 0, 1000, 10);
  assert.ok(Math.abs(player.t_ns - 10 * MS) < 1);
  assert.ok(player.playing);
});

test("playing stops at the end of a run that is over, and play starts it again from the beginning", () => {
  const ended = ticks(play(over({ speed: 1 }), { do: "play" }), 0, 400);
  assert.deepEqual([ended.t_ns, ended.playing], [100 * MS, false]);
  assert.deepEqual([reduce(ended, { do: "play" }).t_ns, reduce(ended, { do: "play" }).playing], [0, true]);
});

test("time that passed while it was paused or the page was hidden is not played", () => {
  const paused = ticks(play(over({ speed: 1 / 10 }), { do: "play" }), 0, 160);
  const again = play(paused, { do: "play" }, { do: "play" }, { do: "tick", now_ms: 99_000 });
  assert.equal(again.t_ns, paused.t_ns);
  assert.ok(reduce(again, { do: "tick", now_ms: 199_000 }).t_ns - again.t_ns <= 25 * MS + 1);
});

test("speed goes up and down a ladder that is even on a log scale, and ends at both ends", () => {
  let player = over({ speed: 1 });
  const seen = [player.speed];
  for (let i = 0; i < 12; i++) seen.push((player = reduce(player, { do: "slower" })).speed);
  assert.deepEqual([...new Set(seen)], SPEEDS);
  for (let i = 0; i < 12; i++) player = reduce(player, { do: "faster" });
  assert.equal(player.speed, 1);
  assert.equal(reduce(over({ speed: 0.03 }), { do: "faster" }).speed, 1 / 20);
  assert.equal(reduce(over({ speed: 0.03 }), { do: "slower" }).speed, 1 / 50);
});

test("a growing run is followed to its end, until the reader takes over", () => {
  let player = reduce(createPlayer(), { do: "live" });
  for (let end = 1; end <= 300; end += 7) {
    player = reduce(player, { do: "grew", end_ns: end * MS, ended: false });
    assert.equal(player.t_ns, end * MS);
    assert.ok(player.from_ns <= player.t_ns && player.t_ns <= player.to_ns);
  }
  const taken = play(player, { do: "seek", t_ns: 50 * MS }, { do: "grew", end_ns: 900 * MS, ended: false });
  assert.equal(taken.t_ns, 50 * MS);
  assert.equal(reduce(taken, { do: "live" }).t_ns, 900 * MS);
  assert.equal(play(taken, { do: "end" }, { do: "grew", end_ns: 950 * MS, ended: true }).t_ns, 950 * MS);
});

test("while a run grows the window is widened in strides, not at every frame", () => {
  let player = reduce(createPlayer(), { do: "live" });
  const windows = new Set();
  for (let end = 1; end <= 1000; end++) {
    player = reduce(player, { do: "grew", end_ns: end * MS, ended: false });
    windows.add(player.to_ns);
  }
  assert.ok(windows.size <= 8, `${windows.size}`);
});

test("playing that catches up with a growing run becomes following", () => {
  const live = reduce(createPlayer({ speed: 1 }), { do: "grew", end_ns: 50 * MS, ended: false });
  const player = ticks(play(live, { do: "play" }), 0, 200);
  assert.deepEqual([player.follow, player.t_ns], [true, 50 * MS]);
});

test("a loop is played round and round", () => {
  let player = play(
    over({ speed: 1 }),
    { do: "loop", range: [30 * MS, 20 * MS] },
    { do: "seek", t_ns: 20 * MS },
    { do: "play" },
  );
  for (let now_ms = 0; now_ms < 1000; now_ms += 3) {
    player = reduce(player, { do: "tick", now_ms });
    assert.ok(player.t_ns >= 20 * MS && player.t_ns <= 30 * MS);
  }
  assert.ok(player.playing);
  assert.equal(play(player, { do: "loop-window" }).loop, null);
});

test("zooming keeps the instant under the pointer where it is, and zooming back returns", () => {
  const player = over();
  const share = (p, t_ns) => (t_ns - p.from_ns) / (p.to_ns - p.from_ns);
  const near = play(player, { do: "zoom", factor: 4, at_ns: 40 * MS });
  assert.ok(Math.abs(share(near, 40 * MS) - share(player, 40 * MS)) < 1e-9);
  const back = play(near, { do: "zoom", factor: 1 / 4, at_ns: 40 * MS });
  assert.ok(Math.abs(back.from_ns - player.from_ns) < 1 && Math.abs(back.to_ns - player.to_ns) < 1);
});

test("playing carries the window along, smoothly, or by pages where motion is reduced", () => {
  for (const reduced of [false, true]) {
    let player = play(over({ speed: 1 / 10, reduced }), { do: "show", from_ns: 0, to_ns: 10 * MS }, { do: "play" });
    const windows = new Set();
    for (let now_ms = 0; now_ms < 600; now_ms += 16) {
      player = reduce(player, { do: "tick", now_ms });
      windows.add(player.from_ns);
      assert.ok(player.t_ns >= player.from_ns && player.t_ns <= player.to_ns);
    }
    assert.ok(reduced ? windows.size <= 8 : windows.size > 20, `${windows.size}`);
  }
});

test("whatever is done, the window is in order, within the run, and the playhead within the log", () => {
  const next = random(3);
  let player = createPlayer();
  let end_ns = 0;
  const t = () => (next() * 1.4 - 0.2) * (end_ns + 1);
  const moves = [
    () => ({ do: "seek", t_ns: t() }),
    () => ({ do: "zoom", factor: 10 ** (next() * 4 - 2), at_ns: t() }),
    () => ({ do: "pan", by_ns: t() - t() }),
    () => ({ do: "show", from_ns: t(), to_ns: t() }),
    () => ({ do: "loop", range: [t(), t()] }),
    () => ({ do: "play" }),
    () => ({ do: "fit" }),
    () => ({ do: "live" }),
    () => ({ do: "window", share: next() - 0.5 }),
    () => ({ do: "tick", now_ms: next() * 1e6 }),
    () => ({ do: "loop-window" }),
    () => ({ do: "grew", end_ns: (end_ns += next() * 50 * MS), ended: next() < 0.3 }),
    () => ({ do: "home" }),
    () => ({ do: "end" }),
  ];
  for (let i = 0; i < 20_000; i++) {
    const action = moves[Math.floor(next() * moves.length)]();
    player = reduce(player, action);
    const { from_ns, to_ns, t_ns, speed, loop } = player;
    assert.ok(
      Number.isFinite(from_ns) && Number.isFinite(to_ns) && to_ns > from_ns && from_ns >= 0,
      JSON.stringify([action, player]),
    );
    assert.ok(t_ns >= 0 && t_ns <= end_ns && speed > 0, JSON.stringify([action, player]));
    assert.ok(!loop || loop[0] < loop[1]);
  }
});

test("a wish that is not about time leaves the player as it is", () => {
  const player = over();
  assert.equal(reduce(player, { do: "evidence", position: 3 }), player);
});

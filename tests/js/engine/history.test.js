import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../../static/js/engine/history.js";
import { OrderedEntries } from "../../../static/js/engine/ordered_entries.js";
import { emptyWorld, reduce, totalsAt } from "../../../static/js/engine/world.js";
import { deliver, random, story } from "./random_run.js";

/** The plain truth: fold everything up to t from nothing. */
function fold(ordered, t_ns) {
  let world = emptyWorld();
  for (const [, entry] of ordered) {
    if (entry.t_ns > t_ns) break;
    world = reduce(world, entry);
  }
  return totalsAt(world, t_ns);
}

function open(pairs) {
  const order = new OrderedEntries();
  const history = new History(order);
  for (const [position, entry] of pairs) history.onAdded(order.add(position, entry));
  return { order, history };
}

test("seek shows what a fold from the start shows, at any instant, in any order of looking", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { delivered, ordered } = deliver(seed, story(seed, { length: 1500 }));
    const { order, history } = open(delivered);
    const next = random(seed);
    for (let look = 0; look < 30; look++) {
      const t_ns = Math.floor(next() * (order.end_ns + 100)) - 50;
      assert.deepEqual(history.seek(t_ns), fold(ordered, t_ns));
    }
  }
});

test("a late entry changes the past it falls into and nothing before it", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { delivered } = deliver(seed, story(seed, { length: 1300 }), 60);
    const order = new OrderedEntries();
    const history = new History(order);
    const next = random(seed);
    const seen = [];
    for (const pair of delivered) {
      seen.push(pair);
      history.onAdded(order.add(...pair));
      if (next() > 0.03) continue;
      const ordered = [...seen].sort((a, b) => a[1].t_ns - b[1].t_ns || a[0] - b[0]);
      const t_ns = Math.floor(order.end_ns * (1 - next() * next()));
      assert.deepEqual(history.seek(t_ns), fold(ordered, t_ns));
      assert.deepEqual(history.atEnd(), fold(ordered, order.end_ns));
    }
  }
});

test("stepping forwards and backwards over every event comes back to the same worlds", () => {
  const { delivered } = deliver(7, story(7, { length: 1200 }));
  const { order, history } = open(delivered);
  const instants = [...new Set(Array.from({ length: order.length }, (_, i) => order.timeAt(i)))];
  const forwards = instants.map((t_ns) => history.seek(t_ns));
  const backwards = [...instants]
    .reverse()
    .map((t_ns) => history.seek(t_ns))
    .reverse();
  assert.deepEqual(backwards, forwards);
});

test("a world that was handed out stays as it was", () => {
  const { delivered } = deliver(3, story(3, { length: 900 }));
  const { order, history } = open(delivered);
  const world = history.seek(order.timeAt(400));
  const copy = structuredClone(world);
  history.seek(order.end_ns);
  history.atEnd();
  history.seek(0);
  assert.deepEqual(world, copy);
});

test("an entry of an unknown kind, or of an unknown task, breaks nothing", () => {
  const strange = [
    { t_ns: 1, source: "told", fact: { kind: "later.kind" } },
    { t_ns: 2, source: "seen", fact: { kind: "task.state", task: 9, state: "running", cause: "dispatched", cpu: 1 } },
    { t_ns: 3, source: "seen", fact: { kind: "task.reaped", task: 8 } },
    { t_ns: 4, source: "told", fact: { kind: "call.returned", task: 7, call: 3, style: "apply" } },
    { t_ns: 5, source: "told", fact: { kind: "trial.ended", trial: 4 } },
  ];
  const { history } = open(strange.map((entry, index) => [index + 1, entry]));
  const world = history.seek(5);
  assert.equal(world.cores.get(1), 9);
  assert.equal(world.tasks.get(9).running_ns, 3);
  assert.equal(world.tasks.get(8).reaped, true);
});

test("totals of a task reach up to the playhead and add up to its age", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { delivered } = deliver(seed, story(seed), 0);
    const { order, history } = open(delivered);
    const t_ns = Math.floor(order.end_ns * 0.7);
    for (const task of history.seek(t_ns).tasks.values()) {
      const born = delivered.find(([, { fact }]) => fact.kind === "task.born" && fact.task === task.task)[1].t_ns;
      const ended =
        task.state === "zombie"
          ? delivered.find(
              ([, { fact }]) => fact.kind === "task.state" && fact.task === task.task && fact.state === "zombie",
            )[1].t_ns
          : t_ns;
      assert.equal(task.running_ns + task.ready_ns + task.blocked_ns, ended - born);
    }
  }
});

test("switches count how often a task got a core", () => {
  const { delivered } = deliver(5, story(5, { length: 800 }), 0);
  const dispatched = delivered.filter(([, { fact }]) => fact.cause === "dispatched").length;
  assert.equal(open(delivered).history.atEnd().counts.switches, dispatched);
});

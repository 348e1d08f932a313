import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../../static/js/engine/history.js";
import { OrderedEntries } from "../../../static/js/engine/ordered_entries.js";
import { STATES, TrackIndex } from "../../../static/js/engine/tracks.js";
import { deliver, random, story } from "./random_run.js";

function open(pairs) {
  const order = new OrderedEntries();
  const history = new History(order);
  const tracks = new TrackIndex(order);
  for (const [position, entry] of pairs) {
    const index = order.add(position, entry);
    history.onAdded(index);
    tracks.onAdded(index);
  }
  return { order, history, tracks };
}

function runs(count, shape, late, ties) {
  return Array.from({ length: count }, (_, i) => {
    const { delivered, ordered } = deliver(i + 1, story(i + 1, shape), late, ties);
    return { seed: i + 1, ordered, ...open(delivered) };
  });
}

test("at every instant the tracks and the world say the same, entries late or not", () => {
  for (const { seed, order, history, tracks } of runs(20, { length: 400 }, 20)) {
    const next = random(seed);
    for (let look = 0; look < 100; look++) {
      const t_ns = look % 2 ? order.timeAt(Math.floor(next() * order.length)) : Math.floor(next() * order.end_ns);
      const world = history.seek(t_ns);
      for (const task of tracks.tasks()) agree(world.tasks.get(task), tracks.at(task, t_ns));
      for (const cpu of tracks.cores()) {
        const { length, from_ns, task } = tracks.core(cpu);
        let row = length - 1;
        while (row >= 0 && from_ns[row] > t_ns) row--;
        assert.equal(row < 0 ? 0 : task[row], world.cores.get(cpu) ?? 0);
      }
    }
  }
});

function agree(task, interval) {
  if (!interval) return assert.ok(!task || task.reaped || task.cause === "born");
  const { state, cause, since_ns, waits_for, by, by_name } = task;
  const { from_ns, ...said } = interval;
  assert.deepEqual(
    { state, cause, since_ns, waits_for, by, by_name },
    {
      state: said.state,
      cause: said.cause,
      since_ns: from_ns,
      waits_for: said.waits_for,
      by: said.by,
      by_name: said.by_name,
    },
  );
}

test("shares of a track sum to one wherever the task is there, and are the exact lengths", () => {
  for (const { seed, order, tracks } of runs(15, { length: 600 }, 20)) {
    const next = random(seed);
    for (const task of tracks.tasks()) {
      const from = Math.floor(next() * order.end_ns * 0.8);
      const to = from + 1 + Math.floor(next() * (order.end_ns - from - 1));
      const columns = 1 + Math.floor(next() * 300);
      const shares = tracks.shares(task, from, to, columns);
      const width = (to - from) / columns;
      for (let column = 0; column < columns; column++) {
        const wanted = slow(tracks, task, from + column * width, from + (column + 1) * width);
        for (const [code, share] of wanted.entries()) {
          assert.ok(Math.abs(shares[column * STATES.length + code] - share) < 1e-4);
        }
      }
    }
  }
});

/** Shares by adding up intervals one by one. */
function slow(tracks, task, from, to) {
  const spent = STATES.map(() => 0);
  for (const each of tracks.between(task, from, to)) {
    const end = Math.min(each.to_ns ?? tracks.end_ns, to, tracks.end_ns);
    spent[STATES.indexOf(each.state)] += Math.max(0, end - Math.max(each.from_ns, from));
  }
  return spent.map((each) => each / (to - from));
}

test("a core's busy share is the sum of its tasks' running shares there", () => {
  for (const { order, tracks } of runs(10, { length: 500 }, 15, false)) {
    const total = tracks.cores().reduce((sum, cpu) => sum + tracks.busy(cpu, 0, order.end_ns, 1)[0], 0);
    const running = tracks.tasks().reduce((sum, task) => sum + tracks.shares(task, 0, order.end_ns, 1)[1], 0);
    assert.ok(Math.abs(total - running) < 1e-4);
  }
});

test("cores asked for while the run grows equal cores asked for at its end", () => {
  const { delivered } = deliver(11, story(11, { length: 600 }), 25);
  const order = new OrderedEntries();
  const growing = new TrackIndex(order);
  for (const [index, pair] of delivered.entries()) {
    growing.onAdded(order.add(...pair));
    if (index % 7 === 0) growing.cores();
  }
  const { tracks } = open(delivered);
  for (const cpu of tracks.cores()) {
    const [a, b] = [growing.core(cpu), tracks.core(cpu)];
    assert.deepEqual(a.from_ns.slice(0, a.length), b.from_ns.slice(0, b.length));
    assert.deepEqual(a.task.slice(0, a.length), b.task.slice(0, b.length));
  }
});

test("next and previous visit every instant once, forwards and backwards", () => {
  const [{ order, tracks }] = runs(1, { length: 300 });
  const instants = [...new Set(Array.from({ length: order.length }, (_, i) => order.timeAt(i)))];
  const forwards = [];
  for (let t = tracks.next(-1); t !== null; t = tracks.next(t)) forwards.push(t);
  const backwards = [];
  for (let t = tracks.previous(Infinity); t !== null; t = tracks.previous(t)) backwards.unshift(t);
  assert.deepEqual(forwards, instants);
  assert.deepEqual(backwards, instants);
});

test("next and previous of a task visit its own events, and its changes only where asked", () => {
  const [{ ordered, tracks }] = runs(1, { length: 300 });
  const of = (wanted) => [...new Set(ordered.filter(([, { fact }]) => wanted(fact)).map(([, { t_ns }]) => t_ns))];
  const events = of((fact) => fact.task === 2);
  const changes = of((fact) => fact.task === 2 && ["task.state", "task.reaped"].includes(fact.kind));
  const walk = (step) => {
    const found = [];
    for (let t = step(-1); t !== null; t = step(t)) found.push(t);
    return found;
  };
  assert.deepEqual(
    walk((t) => tracks.next(t, 2)),
    events,
  );
  assert.deepEqual(
    walk((t) => tracks.change(2, t, 1)),
    changes,
  );
  assert.equal(tracks.previous(events[3], 2), events[2]);
  assert.equal(tracks.change(2, changes[3], -1), changes[2]);
});

test("other entries are everything but state changes, by (t_ns, position)", () => {
  const [{ ordered, tracks, order }] = runs(1, { length: 300 });
  const wanted = ordered.filter(([, { fact }]) => fact.kind !== "task.state").map(([position]) => position);
  assert.deepEqual(
    [...tracks.otherEntries(0, order.end_ns)].map(({ position }) => position),
    wanted,
  );
  assert.equal(tracks.entries(0, order.end_ns, 10).length, 10);
});

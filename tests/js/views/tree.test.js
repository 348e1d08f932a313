// The tree's reading of a log: who is in front, whom a key has reached, and where boxes and outlines lie.
import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutTree, NARROW, outlineOrder, signalBus, signalPath, WIDE } from "../../../static/js/views/tree/layout.js";
import { treeAt } from "../../../static/js/views/tree/read.js";

const DRAWN = { tree: { keys: { ctrl_c: /** @type {[number, string]} */ ([2, "SIGINT"]) } } };

/** @param {number} task @param {number} parent @param {Record<string, unknown>} [more] */
const process = (task, parent, more = {}) => ({
  ...{ task, pid: 100 + task, parent, name: `T${task}`, type: "process", trial: 1, state: "blocked", since_ns: 0 },
  ...{ cpu: null, waits_for: null, reaped: false },
  ...more,
});

/** @param {any[]} tasks @param {any[]} places @param {any[]} facts @param {number} t_ns @returns {any} */
function sceneOf(tasks, places, facts, t_ns) {
  const world = {
    tasks: new Map(tasks.map((task) => [task.task, task])),
    places: new Map(places.map((place) => [place.task, place])),
    trials: [{ trial: 1, from_ns: 0 }],
  };
  const tracks = { otherEntries: () => facts.map(([at, fact]) => ({ t_ns: at, entry: { fact } })) };
  return { world, tracks, version: 1, t_ns };
}

/** @param {number} task @param {number} group @param {number} parent */
const place = (task, group, parent) => ({ kind: "task.moved", task, parent, group, foreground: 102 });
const TASKS = [process(1, 0), process(2, 1), process(3, 2), process(4, 2)];
const PLACES = [place(1, 101, 0), place(2, 102, 1), place(3, 102, 2), place(4, 104, 2)];
const FACTS = [
  [100, { kind: "action.taken", action: "ctrl_c" }],
  [101, { kind: "signal.got", task: 2, signal: 2 }],
  [102, { kind: "task.died", task: 3, signal: 2 }],
];

test("a signal has reached those that said so or ended by it, up to the playhead, and nobody before the key", () => {
  const reached = (/** @type {number} */ t_ns) =>
    treeAt(sceneOf(TASKS, PLACES, FACTS, t_ns), DRAWN)
      .kin.filter((one) => one.reached)
      .map(({ task }) => task.task);
  assert.deepEqual([reached(99), reached(100), reached(101), reached(102)], [[], [], [2], [2, 3]]);
  assert.equal(treeAt(sceneOf(TASKS, PLACES, FACTS, 99), DRAWN).key, null);
});

test("another signal than the key's reaches nobody", () => {
  const other = [FACTS[0], [101, { kind: "signal.got", task: 2, signal: 1 }]];
  assert.ok(treeAt(sceneOf(TASKS, PLACES, other, 110), DRAWN).kin.every((one) => !one.reached));
});

test("the foreground group is that of the last look at somebody alive", () => {
  assert.equal(treeAt(sceneOf(TASKS, PLACES, FACTS, 100), DRAWN).foreground, 102);
  const closed = PLACES.map((each) => ({ ...each, foreground: -1 }));
  assert.equal(treeAt(sceneOf(TASKS, closed, FACTS, 100), DRAWN).foreground, null);
});

test("who hears the tree hears parents before their children, with levels, and an orphan at the top", () => {
  const heard = (/** @type {any[]} */ places) => {
    const { kin } = treeAt(sceneOf(TASKS, places, [], 100), DRAWN);
    return outlineOrder(layoutTree(kin, WIDE).nodes).map(({ node, level }) => `T${node.kin.task.task} ${level}`);
  };
  assert.deepEqual(heard(PLACES), ["T1 1", "T2 2", "T3 3", "T4 3"]);
  assert.deepEqual(heard([...PLACES.slice(0, 3), place(4, 104, 0)]), ["T1 1", "T2 2", "T3 3", "T4 1"]);
});

test("an orphan has another parent than the one that made it", () => {
  const moved = [...PLACES.slice(0, 3), place(4, 104, 0)];
  const orphan = treeAt(sceneOf(TASKS, moved, [], 100), DRAWN).kin[3];
  assert.deepEqual([orphan.born_to, orphan.parent], [2, 0]);
});

test("one that was collected before the last key is no longer drawn", () => {
  const gone = [...TASKS.slice(0, 3), process(4, 2, { reaped: true, state: "zombie", since_ns: 50 })];
  assert.equal(treeAt(sceneOf(gone, PLACES, FACTS, 120), DRAWN).kin.length, 3);
  assert.equal(treeAt(sceneOf(gone, PLACES, FACTS, 60), DRAWN).kin.length, 4);
});

test("children stand below their parent, those of a group side by side, and outlines hold their members alone", () => {
  const { nodes, outlines } = layoutTree(treeAt(sceneOf(TASKS, PLACES, [], 1), DRAWN).kin, WIDE);
  const by = new Map(nodes.map((node) => [node.kin.task.task, node]));
  for (const node of nodes) assert.equal(node.y, WIDE.top + node.depth * WIDE.pitch);
  assert.ok((by.get(3)?.x ?? 0) < (by.get(4)?.x ?? 0), "the one with a group of its own stands at the right");
  for (const outline of outlines)
    for (const node of nodes) {
      const across = node.x >= outline.x && node.x + WIDE.box_w <= outline.x + outline.width;
      const inside = across && node.y >= outline.y && node.y + WIDE.box_h <= outline.y + outline.height;
      assert.equal(inside, node.kin.group === outline.group, `${node.kin.task.name} in ${outline.group}`);
    }
});

test("a signal goes straight to the box beside its bus and from above to the others", () => {
  const { nodes } = layoutTree(treeAt(sceneOf(TASKS, PLACES, [], 1), DRAWN).kin, WIDE);
  const [beside, other] = nodes;
  const bus = { x: 900, y: beside.y + WIDE.box_h / 2, beside, under: false };
  assert.equal(signalPath(beside, bus, WIDE), `M900 ${bus.y}H${beside.x + WIDE.box_w}`);
  assert.ok(signalPath(other, bus, WIDE).endsWith(`V${other.y}`));
});

test("a signal that comes past another box goes below it, and up to the one that it reaches", () => {
  const places = [place(1, 101, 0), place(2, 102, 0)];
  const { nodes } = layoutTree(treeAt(sceneOf([process(1, 0), process(2, 0)], places, [], 1), DRAWN).kin, WIDE);
  const [left, right] = nodes;
  const past = signalBus(nodes, [left], WIDE);
  assert.ok(past.under && past.x < right.x);
  const { outlines, height } = layoutTree(
    treeAt(sceneOf([process(1, 0), process(2, 0)], places, [], 1), DRAWN).kin,
    WIDE,
  );
  for (const outline of outlines) assert.ok(past.y > outline.y + outline.height, "through the group that it passes");
  assert.ok(past.y < height);
  assert.ok(signalPath(left, past, WIDE).endsWith(`V${left.y + WIDE.box_h}`));
  const straight = signalBus(nodes, [right], WIDE);
  assert.deepEqual([straight.under, straight.y], [false, right.y + WIDE.box_h / 2]);
});

test("neighbours of two groups stand apart, so that both groups' names have room", () => {
  const two = (/** @type {number} */ group) =>
    [process(1, 0), process(2, 0)].map((_, i) => place(i + 1, 101 + i * group, 0));
  for (const size of [WIDE, NARROW])
    for (const [group, gap] of [
      [0, size.gap],
      [1, size.apart],
    ]) {
      const kin = treeAt(sceneOf([process(1, 0), process(2, 0)], two(group), [], 1), DRAWN).kin;
      const [left, right] = layoutTree(kin, size).nodes;
      assert.equal(right.x - left.x - size.box_w, gap);
    }
});

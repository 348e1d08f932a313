// What an instant holds of cards, memory, places and cores: the newest of each, and nothing of an older world changes.
import assert from "node:assert/strict";
import { test } from "node:test";

import { copyWorld, emptyWorld, reduce } from "../../../static/js/engine/world.js";

const said = (t_ns, fact) => ({ t_ns, source: "seen", fact });
const memory = (task, pss_kb) => ({
  kind: "memory.measured",
  task,
  what: "list",
  rss_kb: 8,
  pss_kb,
  shared_kb: 4,
  private_kb: 4,
}); // prettier-ignore

function folded(...facts) {
  const world = emptyWorld();
  facts.forEach((fact, at) => {
    reduce(world, said(at, fact));
  });
  return world;
}

test("the newest line of a card and the newest measure of a mapping stand", () => {
  const world = folded(
    { kind: "task.described", task: 1, of: "links", text: "1" },
    { kind: "task.described", task: 1, of: "links", text: "0" },
    { kind: "task.described", task: 2, of: "links", text: "1" },
    memory(1, 8),
    memory(2, 6),
    memory(1, 6),
  );
  assert.deepEqual(
    [...world.cards],
    [
      ["1:links", "0"],
      ["2:links", "1"],
    ],
  );
  assert.deepEqual(
    [...world.memory].map(([key, fact]) => [key, fact.pss_kb]),
    [
      ["1:list", 6],
      ["2:list", 6],
    ],
  );
});

test("a move changes what it says of a place, and keeps the rest", () => {
  const world = folded(
    { kind: "task.moved", task: 1, parent: 0, group: 7, session: 7, foreground: 7 },
    { kind: "task.moved", task: 1, group: 9 },
  );
  const { parent, group, session, foreground } = world.places.get(1);
  assert.deepEqual([parent, group, session, foreground], [0, 9, 7, 7]);
});

test("pages, allowed cores and a late word on how a task was made are kept", () => {
  const born = { kind: "task.born", task: 1, pid: 5, tid: 5, parent: 0, name: "T1", type: "process", how: "fork" };
  const world = folded(
    born,
    { kind: "task.renamed", task: 1, name: "program", how: "vfork" },
    { kind: "task.renamed", task: 1, name: "sleep", exec: true },
    { kind: "memory.pages", task: 2, other: 1, of: "list", map: "c1s2" },
    { kind: "task.allowed", task: 1, cpus: [0] },
  );
  assert.equal(world.tasks.get(1).how, "vfork");
  assert.equal(world.pages.get("2:list").map, "c1s2");
  assert.deepEqual(world.allowed.get(1), [0]);
});

test("a forked world goes its own way", () => {
  const world = folded({ kind: "task.described", task: 1, of: "state", text: "S" });
  const other = copyWorld(world);
  reduce(other, said(9, { kind: "task.described", task: 1, of: "state", text: "T" }));
  assert.equal(world.cards.get("1:state"), "S");
});

// The memory view's reading of a log: looks, squares, and what is copied.
import assert from "node:assert/strict";
import { test } from "node:test";
import { copiedKb, gather, letters, sharedKb, squares, sum } from "../../../static/js/views/memory/read.js";

/** @param {number} task @param {number} shared_kb @param {number} private_kb */
const amount = (task, shared_kb, private_kb) => ({
  kind: /** @type {const} */ ("memory.measured"),
  task,
  what: "numbers",
  rss_kb: shared_kb + private_kb,
  pss_kb: private_kb + shared_kb / 2,
  shared_kb,
  private_kb,
});

/** @param {any[]} facts */
const looks = (facts) => gather(facts.map((fact, at) => ({ t_ns: at, fact })));

test("each task is measured once a look, and pages belong to the look before them", () => {
  const pages = { kind: "memory.pages", task: 2, other: 1, of: "numbers", map: "s4" };
  const done = { kind: "cell.written", task: 2, name: "done", address: null, value: "7" };
  const found = looks([amount(1, 80, 0), amount(2, 80, 0), pages, done, amount(1, 40, 40), amount(2, 40, 40)]);
  assert.equal(found.length, 2);
  assert.equal(found[0].pages?.map, "s4");
  assert.deepEqual([found[0].done, found[1].done], [null, "7"]);
  assert.deepEqual([sum(found[0], "pss_kb"), sum(found[1], "pss_kb")], [80, 120]);
  assert.equal(copiedKb(found[0], found[1]), 40);
});

test("one copy more is one look more", () => {
  const found = looks([
    amount(1, 0, 8),
    amount(1, 8, 0),
    amount(2, 8, 0),
    amount(1, 8, 0),
    amount(2, 8, 0),
    amount(3, 8, 0),
  ]);
  assert.deepEqual(
    found.map((look) => look.amounts.length),
    [1, 2, 3],
  );
});

test("shared is what the squares show as shared, not what else lies in the same mappings", () => {
  const [now] = looks([amount(1, 24, 64), amount(2, 24, 64)]);
  assert.equal(sharedKb(now), 24); // no frames: the kernel's sum
  now.pages = { kind: "memory.pages", task: 2, other: 1, of: "numbers", map: "c16" };
  assert.equal(sharedKb(now), 0);
  now.pages = { kind: "memory.pages", task: 2, other: 1, of: "numbers", map: "c14s2n1" };
  assert.equal(sharedKb(now), 8);
});

test("pages become squares in their order; without frames the copied ones fill from the top", () => {
  const [first] = looks([amount(1, 64, 0), amount(2, 64, 0)]);
  const [now] = looks([amount(1, 32, 32), amount(2, 32, 32)]);
  assert.deepEqual(squares(first, now).copied, [...new Array(8).fill(true), ...new Array(8).fill(false)]);
  now.pages = { kind: "memory.pages", task: 2, other: 1, of: "numbers", map: "s2c1s1" };
  assert.deepEqual(letters("s2c1"), ["s", "s", "c"]);
  assert.deepEqual(squares(first, now), { copied: [false, false, true, false], each: 1, exact: true });
});

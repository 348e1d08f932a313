import assert from "node:assert/strict";
import { test } from "node:test";
import { takeSlot } from "../../../static/js/engine/stream_slots.js";

/** A stand-in for a browser's locks: each name has at most one holder (w3.org/TR/web-locks, `ifAvailable`). */
function lockManager() {
  const held = new Set();
  const request = async (name, { ifAvailable }, then) => {
    assert.ok(ifAvailable);
    if (held.has(name)) return then(null);
    held.add(name);
    await then({ name });
    held.delete(name);
  };
  return { request };
}

test("the embeds of a page hold two slots, the tabs of a browser four, and one that is given back is free", async () => {
  const locks = lockManager();
  const framed = { locks, framed: true };
  const [first, second, third] = [await takeSlot(framed), await takeSlot(framed), await takeSlot(framed)];
  assert.ok(first && second);
  assert.equal(third, null);
  const tab = { locks, framed: false };
  assert.ok((await takeSlot(tab)) && (await takeSlot(tab)));
  assert.equal(await takeSlot(tab), null);
  first();
  await new Promise(setImmediate);
  assert.ok(await takeSlot(framed));
  assert.equal(await takeSlot(tab), null);
});

test("without locks a page of ours opens its stream and an embed does not; so it is where they are refused", async () => {
  assert.ok(await takeSlot({ locks: undefined, framed: false }));
  assert.equal(await takeSlot({ locks: undefined, framed: true }), null);
  const locks = { request: () => Promise.reject(new DOMException("opaque origin", "SecurityError")) };
  assert.equal(await takeSlot({ locks, framed: true }), null);
});

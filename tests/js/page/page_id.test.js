import assert from "node:assert/strict";
import { test } from "node:test";

const MODULE = "../../../static/js/page/page_id.js";

/** The module anew, as each document has its own. */
const opened = (name) => import(`${MODULE}?${name}`);

function storage() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
}

test("a page keeps its id over a reload; embeds that share a storage have an id each", async () => {
  const shared = storage();
  const [first, reloaded, one, two] = await Promise.all(["a", "b", "c", "d"].map(opened));
  const id = first.pageId(() => shared, false);
  assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal(
    reloaded.pageId(() => shared, false),
    id,
  );
  const ids = [one.pageId(() => shared, true), two.pageId(() => shared, true)];
  assert.equal(new Set([id, ...ids]).size, 3);
  assert.equal(
    one.pageId(() => shared, true),
    ids[0],
  );
});

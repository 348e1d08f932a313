import assert from "node:assert/strict";
import { test } from "node:test";
import { storedKey } from "../../../static/js/page/run_keys.js";

function storage(given = {}) {
  const held = new Map(Object.entries(given));
  return { held, getItem: (name) => held.get(name) ?? null, setItem: (name, value) => held.set(name, value) };
}

test("a run's key is kept, and found again by a page that was not told it", () => {
  const session = storage();
  assert.equal(
    storedKey({ id: "a", key: "k" }, () => session),
    "k",
  );
  assert.equal(
    storedKey({ id: "a", key: "" }, () => session),
    "k",
  );
  assert.equal(
    storedKey({ id: "b", key: "" }, () => session),
    "",
  );
});

test("where nothing may be stored, the key that is given is all there is", () => {
  const refuse = () => {
    throw new DOMException("no", "SecurityError");
  };
  assert.equal(storedKey({ id: "a", key: "k" }, refuse), "k");
  assert.equal(storedKey({ id: "a", key: "" }, refuse), "");
});

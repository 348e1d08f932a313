import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decode, parseId } from "../../../static/js/engine/frames.js";
import { encode } from "./encode.js";
import { story } from "./random_run.js";

const vectors = JSON.parse(readFileSync(new URL("../frames.vectors.json", import.meta.url), "utf8"));

for (const { name, data, entries } of vectors) {
  test(`the server's frame is read as the server meant it: ${name}`, () => {
    assert.deepEqual(decode(JSON.parse(data)), entries);
  });
  test(`this side packs as the server packs: ${name}`, () => {
    assert.deepEqual(encode(entries), JSON.parse(data));
  });
}

test("what is packed comes out the same, for any run", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const entries = story(seed);
    assert.deepEqual(decode(JSON.parse(JSON.stringify(encode(entries)))), entries);
  }
});

test("what is not a frame is refused", () => {
  const tables = [["x"], [["told", "step", "task", "=label"]], [[0, 1, 0]]];
  assert.equal(decode([[...tables, 5, 0]])[0].fact.label, "x");
  const packed = [[1], [1, 2], [...tables, 1], [...tables, 1, 1], [...tables, 1, -1], [...tables, 1.5, 0]];
  packed.push([...tables, "1", 0], [[], [], [[0]], 1, 0], [...tables.slice(0, 2), [[0, 1]], 1, 0]);
  for (const bad of [null, 7, {}, [7], [{ t_ns: 1 }], ...packed.map((item) => [item])]) {
    assert.throws(() => decode(bad), TypeError);
  }
});

test("an entry of a kind this page does not know passes", () => {
  const entry = { t_ns: 5, source: "told", fact: { kind: "later.kind", x: 1 } };
  assert.deepEqual(decode([entry]), [entry]);
});

test("an id is read or is nothing", () => {
  assert.deepEqual(parseId("2.17"), { epoch: 2, position: 17 });
  assert.deepEqual(parseId("2.end"), { epoch: 2, position: null });
  for (const bad of ["", "2", "2.", ".7", "2.-1", "a.b", "2.7 "]) assert.equal(parseId(bad), null);
});

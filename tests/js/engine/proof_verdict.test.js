import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { proofOf } from "../../../static/js/engine/proof_verdict.js";

const vectors = JSON.parse(readFileSync(new URL("../proof.vectors.json", import.meta.url), "utf8"));

for (const { name, entries, proof } of vectors) {
  test(`the verdict on a run is the server's: ${name}`, () => assert.deepEqual(proofOf(entries), proof));
}

test("a run that goes on has no verdict", () => {
  assert.equal(proofOf([]), null);
  assert.equal(proofOf(vectors[0].entries.slice(0, -1)), null);
});

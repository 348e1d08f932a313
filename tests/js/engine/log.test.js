// A log's version tells its contents apart from those of every other log, since views keep what they made by it alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Log } from "../../../static/js/engine/log.js";

test("two logs never have one version, however alike they were filled", () => {
  const seen = [0, 1, 2].flatMap(() => {
    const log = new Log();
    const versions = [log.version];
    log.add(1, []);
    versions.push(log.version);
    log.close();
    versions.push(log.version);
    log.clear();
    return [...versions, log.version];
  });
  assert.equal(new Set(seen).size, seen.length);
});

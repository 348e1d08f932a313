import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { foreignCpuTime } from "../../../static/js/engine/contention.js";
import { Log } from "../../../static/js/engine/log.js";
import { readLog } from "../../../static/js/engine/ndjson.js";
import { readTimeline } from "../../../static/js/engine/timeline.js";
import { random } from "./random_run.js";

const lessons = fileURLToPath(new URL("../../../server/lessons/", import.meta.url));
const recordings = readdirSync(lessons, { recursive: true }).filter((path) => String(path).endsWith(".ndjson.gz"));

for (const path of recordings) {
  test(`${path}: a window shows the stretches of the whole run that overlap it`, () => {
    const log = new Log();
    log.add(1, readLog(gunzipSync(readFileSync(lessons + path)).toString("utf8")).entries);
    const whole = foreignCpuTime(log.tracks, readTimeline(log.tracks), 0, log.end_ns);
    const next = random(7);
    for (let look = 0; look < 100; look++) {
      const [from, to] = [next() * log.end_ns, next() * log.end_ns].sort((a, b) => a - b).map(Math.floor);
      /** @param {import("../../../static/js/engine/contention.js").ForeignCpuTime} each */
      const seen = ({ cpu, from_ns, to_ns }) => [cpu, Math.max(from_ns, from), Math.min(to_ns, to)];
      const expected = whole
        .filter((each) => each.from_ns < to && each.to_ns > from)
        .map(seen)
        .sort();
      assert.deepEqual(foreignCpuTime(log.tracks, readTimeline(log.tracks), from, to).map(seen).sort(), expected);
    }
  });
}

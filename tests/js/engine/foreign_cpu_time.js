// Prints when the cores were not ours in recordings, as the page finds it: [cpu, from_ns, to_ns] of each stretch, as JSON.
// node foreign_cpu_time.js FILE…
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { foreignCpuTime } from "../../../static/js/engine/contention.js";
import { Log } from "../../../static/js/engine/log.js";
import { readLog } from "../../../static/js/engine/ndjson.js";
import { readTimeline } from "../../../static/js/engine/timeline.js";

/** @param {string} path */
function found(path) {
  const { entries } = readLog(gunzipSync(readFileSync(path)).toString("utf8"));
  const log = new Log();
  log.add(1, entries);
  return foreignCpuTime(log.tracks, readTimeline(log.tracks), 0, log.end_ns).map(({ cpu, from_ns, to_ns }) => [
    cpu,
    from_ns,
    to_ns,
  ]);
}

const paths = process.argv.slice(2);
console.log(JSON.stringify(Object.fromEntries(paths.map((path) => [path, found(path)]))));

// Prints what the page's reading makes of recordings: for each task its name and its time in each state, as JSON.
// node totals.js FILE…; times in nanoseconds of the run.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Log } from "../../../static/js/engine/log.js";
import { readLog } from "../../../static/js/engine/ndjson.js";
import { timelineOf } from "../../../static/js/engine/timeline.js";

/** @param {string} path */
function totals(path) {
  const log = new Log();
  log.add(1, readLog(gunzipSync(readFileSync(path)).toString("utf8")).entries);
  const { tasks } = timelineOf(log.tracks, log.version);
  return Object.fromEntries(
    log.tracks.tasks().map((task) => [task, { name: tasks.get(task)?.name, states: states(log, task) }]),
  );
}

/** @param {Log} log @param {number} task */
function states({ tracks, end_ns }, task) {
  /** @type {Record<string, number>} */
  const found = {};
  for (const { state, from_ns, to_ns } of tracks.between(task, 0, end_ns)) {
    found[state] = (found[state] ?? 0) + (to_ns ?? end_ns) - from_ns;
  }
  return found;
}

const paths = process.argv.slice(2);
console.log(JSON.stringify(Object.fromEntries(paths.map((path) => [path, totals(path)]))));

// Same world, two drawings: on the shipped recordings of multiprogramming the stage agrees with the lanes wherever the playhead is.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { Log } from "../../../static/js/engine/log.js";
import { readLog } from "../../../static/js/engine/ndjson.js";
import { places } from "../../../static/js/views/stage/slots.js";
import { random } from "../engine/random_run.js";

const folder = fileURLToPath(new URL("../../../server/lessons/multiprogramming/recordings/", import.meta.url));
const LOOKS = 2000;

/** @param {string} file */
function opened(file) {
  const log = new Log();
  log.add(1, readLog(gunzipSync(readFileSync(folder + file)).toString("utf8")).entries);
  return log;
}

/** Every instant at which something changes, and many in between. */
function instants(log) {
  const found = [];
  for (let t = log.tracks.next(-1); t !== null; t = log.tracks.next(t)) found.push(t);
  const next = random(7);
  for (let i = 0; i < LOOKS; i++) found.push(Math.floor(next() * log.end_ns));
  return found;
}

for (const file of readdirSync(folder)) {
  const log = opened(file);
  const { tracks, history } = log;

  test(`${file}: every token stands where its lane says, and every lane of the trial has its token`, () => {
    for (const t_ns of instants(log)) {
      const world = history.seek(t_ns);
      const placed = new Map(places(world).map(({ task, place }) => [task.task, place]));
      for (const task of world.tasks.values()) {
        if (task.trial !== world.trial) assert.ok(!placed.has(task.task) || task.trial === null);
        else assert.ok(placed.has(task.task), `${task.name} has no token at ${t_ns}`);
      }
      for (const [task, place] of placed) {
        const lane = tracks.at(task, t_ns);
        const wanted =
          !lane || lane.state === "zombie" ? "ended" : lane.state === "running" ? `cpu:${lane.cpu}` : lane.state;
        assert.equal(place, wanted, `task ${task} at ${t_ns}`);
      }
    }
  });

  test(`${file}: a seat holds one token, and it is the one that the lane of the core shows`, () => {
    for (const t_ns of instants(log)) {
      const world = history.seek(t_ns);
      const seated = places(world).filter(({ place }) => place.startsWith("cpu:"));
      assert.equal(new Set(seated.map(({ place }) => place)).size, seated.length, `two in one seat at ${t_ns}`);
      for (const { task, place } of seated) {
        const core = tracks.core(Number(place.slice(4)));
        let row = core.length - 1;
        while (row >= 0 && core.from_ns[row] > t_ns) row--;
        assert.equal(core.task[row], task.task, `core ${place} at ${t_ns}`);
      }
    }
  });

  test(`${file}: the ready queue is in the order in which the lanes became ready`, () => {
    for (const t_ns of instants(log)) {
      const queue = places(history.seek(t_ns)).filter(({ place }) => place === "ready");
      const since = queue.map(({ task }) => tracks.at(task.task, t_ns)?.from_ns);
      assert.deepEqual(
        since,
        [...since].sort((a, b) => a - b),
        `at ${t_ns}`,
      );
    }
  });

  test(`${file}: a blocked token says the reason that stands in its bar`, () => {
    for (const t_ns of instants(log)) {
      for (const { task, place } of places(history.seek(t_ns))) {
        if (place === "blocked") assert.equal(task.waits_for, tracks.at(task.task, t_ns)?.waits_for ?? null);
      }
    }
  });
}

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { decode } from "../../../static/js/engine/frames.js";
import { Log } from "../../../static/js/engine/log.js";
import { readLog } from "../../../static/js/engine/ndjson.js";
import { proofOf } from "../../../static/js/engine/proof_verdict.js";
import { readTimeline } from "../../../static/js/engine/timeline.js";
import { encode } from "./encode.js";
import { random } from "./random_run.js";

const lessons = fileURLToPath(new URL("../../../server/lessons/", import.meta.url));
const recordings = readdirSync(lessons, { recursive: true }).filter((path) => String(path).endsWith(".ndjson.gz"));

for (const path of recordings) {
  const { entries, whole } = readLog(gunzipSync(readFileSync(lessons + path)).toString("utf8"));
  const log = new Log();
  log.add(1, entries);
  const { tracks, history } = log;
  const name = basename(String(path), ".ndjson.gz");

  test(`${name}: the recording is whole, ended, and nothing in it is unknown to the page`, () => {
    assert.ok(whole && log.ended && history.atEnd().run);
    const packed = decode(JSON.parse(JSON.stringify(encode(entries))));
    assert.deepEqual(packed, entries);
    for (const { fact } of packed) Object.freeze(fact); // entries that say the same share one
    const shared = new Log();
    shared.add(1, packed);
    assert.deepEqual(shared.history.atEnd(), history.atEnd());
    assert.deepEqual(readTimeline(shared.tracks), readTimeline(tracks));
  });

  test(`${name}: it is proved for every task, as the server's rule says too`, () => {
    const tasks = history.atEnd().tasks.size;
    const proof = proofOf([...tracks.otherEntries(-Infinity, Infinity)].map(({ entry }) => entry));
    assert.deepEqual(proof, { verdict: "proved", proved: tasks, owed: tasks, unread: 0, lost: 0 });
  });

  test(`${name}: whatever instant is looked at, world and tracks agree and no core has two tasks`, () => {
    const next = random(1);
    for (let look = 0; look < 300; look++) {
      const t_ns = Math.floor(next() * log.end_ns);
      const world = history.seek(t_ns);
      const running = [...world.tasks.values()].filter((task) => task.state === "running");
      assert.equal(new Set(running.map((task) => task.cpu)).size, running.length);
      assert.deepEqual([...world.cores.values()].sort(), running.map((task) => task.task).sort());
      for (const task of tracks.tasks()) {
        const interval = tracks.at(task, t_ns);
        if (interval) assert.equal(world.tasks.get(task)?.state, interval.state);
      }
    }
  });

  test(`${name}: the totals of the fold are those of the proof`, () => {
    const { proof, tasks } = history.atEnd();
    for (const { task, verdict, running_ns } of proof.values()) {
      if (verdict !== "proved") continue;
      const folded = tasks.get(task)?.running_ns ?? 0;
      // the proof is taken as the task's last act: what it still ran until its exit comes on top
      assert.ok(
        folded >= running_ns - 1e5 && folded - running_ns < 20e6,
        `task ${task}: ${folded} against ${running_ns}`,
      );
    }
  });

  test(`${name}: stepping back over every event shows the same worlds as stepping forwards`, () => {
    const states = () =>
      [...history.seek(t).tasks.values()].map(({ task, state, cpu }) => `${task}${state}${cpu}`).join();
    const forwards = [];
    let t = -1;
    for (let found = tracks.next(t); found !== null; found = tracks.next(t)) {
      t = found;
      forwards.push(states());
    }
    for (let i = forwards.length - 1; i >= 0; i--) {
      assert.equal(states(), forwards[i]);
      t = tracks.previous(t) ?? -1;
    }
  });
}

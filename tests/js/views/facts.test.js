import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { claimHeld, claimsAt, claimWord, latestHeld } from "../../../static/js/engine/claims.js";
import { createClock } from "../../../static/js/engine/clock.js";
import { readTimeline } from "../../../static/js/engine/timeline.js";
import { badgeText, counterEquation, sumCounters } from "../../../static/js/page/proof_counters.js";
import { spokenName, stateText } from "../../../static/js/plot/words.js";
import { sums } from "../../../static/js/views/bars/view.js";
import { speaker } from "../../../static/js/views/code/view.js";
import { places } from "../../../static/js/views/stage/slots.js";
import { around, lineOf } from "../../../static/js/views/transcript/lines.js";
import { played, RUN } from "./views_run.js";

const MS = 1e6;
const texts = readFileSync(new URL("../../../server/text/en.yaml", import.meta.url), "utf8");
const labels = Object.fromEntries(
  [...texts.slice(texts.indexOf("\nlabels:")).matchAll(/^ {2}([\w.+]+): (".*")$/gm)].map(([, key, text]) => [
    key,
    JSON.parse(text),
  ]),
);
const say = (key, slots = {}) => {
  assert.ok(key in labels, `no label ${key}`);
  return labels[key].replace(/\{(\w+)\}/g, (_, slot) => String(slots[slot]));
};

test("a task that is named by its signal is called by its part: the process waits and ends, not the signal", () => {
  const part = (/** @type {string} */ key) => `<${key}>`;
  assert.equal(spokenName("SIGTERM", part, "terminated"), "<lanes.role.terminated>");
  assert.equal(spokenName("os._exit(4)", part, "leaves"), "os._exit(4)");
  assert.equal(spokenName("worker 2", part), "<lanes.role.worker> 2");
});

test("wall and CPU time of each trial come from its own records, up to the playhead and in all", () => {
  const { tracks } = played(RUN);
  const [one, two] = sums(readTimeline(tracks), tracks, 22 * MS);
  assert.deepEqual(
    [one.wall_ns, Math.round(one.cpu_ns / MS), Math.round(one.cpu_now_ns / MS), one.cores],
    [26 * MS, 22, 10, 1],
  );
  assert.deepEqual([two.wall_ns, Math.round(two.cpu_ns / MS), two.wall_now_ns, two.cores], [12 * MS, 18, 0, 2]);
  assert.ok(Math.abs(two.busy - 1.5) < 1e-6);
});

test("the stage agrees with the lanes at every instant: running on the same core, ready, blocked or ended", () => {
  const { tracks, history, story } = played(RUN);
  for (let t_ns = 10 * MS; t_ns <= story.end_ns; t_ns += MS / 2) {
    for (const { task, place } of places(history.seek(t_ns))) {
      const one = tracks.at(task.task, t_ns);
      if (!one || one.state === "zombie") assert.equal(place, "ended");
      else assert.equal(place, one.state === "running" ? `cpu:${one.cpu}` : one.state, `T${task.task} at ${t_ns}`);
    }
  }
});

test("the ready queue is in the order in which it was joined", () => {
  const { history } = played(RUN);
  assert.deepEqual(
    places(history.seek(11.5 * MS)).map(({ task }) => task.task),
    [1, 2],
  );
  assert.deepEqual(
    places(history.seek(17 * MS)).map(({ task, place }) => [task.task, place]),
    [
      [1, "ready"],
      [2, "cpu:0"],
    ],
  );
});

function scene(t_ns) {
  const { tracks, history } = played(RUN);
  return { tracks, version: history.version, t_ns, ...createClock(history.atEnd(), say, {}, false) };
}

test("the transcript ends its past at the playhead and says each change as a sentence", () => {
  const now = scene(22 * MS);
  const { past, coming } = around(now.tracks, now.t_ns, () => true);
  const lines = past.map((found) => lineOf(now, say, {}, found).text);
  assert.equal(lines[lines.length - 1], "T2: blocked → ready, woken by T1");
  assert.ok(lines.includes("T2: running → blocked (pipe read)"));
  assert.ok(lines.includes("T1: running → ready, preempted on CPU 0"));
  assert.ok(past.length <= 12 && coming.length <= 4);
  assert.ok(coming.every(({ entry }) => entry.t_ns > now.t_ns));
});

test("a row of the table names time (of its trial, as the clock does), task, from, to, core, reason and source", () => {
  const now = scene(20 * MS);
  const { past } = around(now.tracks, now.t_ns, ({ fact }) => fact.kind === "task.state" && fact.cause === "waits");
  assert.deepEqual(
    lineOf(now, say, {}, past[0]).cells.map((cell) => cell.replace("\u00a0", " ")),
    ["10.000 ms", "T2", "running", "blocked", "0", "pipe read", "seen by the kernel"],
  );
});

test("a log of a hundred thousand changes gives a window of the same size", () => {
  const facts = [
    RUN[0],
    ...RUN.slice(1, 4),
    ...Array.from({ length: 50_000 }, (_, i) => [
      [12 + i * 2e-3, { kind: "task.state", task: 1, state: "running", cause: "dispatched", cpu: 0 }],
      [12 + i * 2e-3 + 1e-3, { kind: "task.state", task: 1, state: "ready", cause: "preempted", cpu: 0 }],
    ]).flat(),
  ];
  const { tracks } = played(facts);
  const { past, coming } = around(tracks, 60 * MS, () => true);
  assert.equal(past.length, 12);
  assert.equal(coming.length, 4);
});

test("a blocked thread that waits for the GIL says so", () => {
  const one = { state: "blocked", waits_for: "gil", cpu: null };
  assert.equal(stateText(say, one), "blocked (GIL)");
  assert.equal(stateText(say, null), "not created yet");
  assert.equal(stateText(say, null, true), "has ended");
});

test("the line lit is the selected task's, else that of the first alive in this trial", () => {
  const task = (number, more) => ({
    task: number,
    trial: 1,
    state: "running",
    reaped: false,
    step: { label: "compute", line: 3, code: "work" },
    ...more,
  });
  const all = [task(1, { state: "zombie" }), task(2), task(3, { trial: 2 }), task(4, { step: null })];
  const shown = new Set(["work"]);
  assert.equal(speaker(all, 3, shown, 1)?.task, 3);
  assert.equal(speaker(all, null, shown, 1)?.task, 2);
  assert.equal(speaker(all, 4, shown, 2)?.task, 3);
  assert.equal(speaker(all, null, new Set(["other"]), 1), null);
});

test("a statement is open until the log says it holds or is broken", () => {
  const { history } = played(RUN);
  assert.equal(claimHeld(history.seek(23 * MS).claims, "turns"), "open");
  assert.equal(claimHeld(history.seek(24 * MS).claims, "turns"), "yes");
  assert.equal(claimHeld(new Map([["x", { kind: "claim.broken", claim: "x" }]]), "x"), "no");
});

const PROVED = { verdict: "proved", out: 5, voluntary: 5, preempted: 11, involuntary: 11 };

test("the counters of a run are summed over the tasks that were read", () => {
  const good = sumCounters([PROVED, PROVED]);
  assert.deepEqual([good.read, good.out, good.voluntary, good.preempted], [2, 10, 10, 22]);
  const part = sumCounters([PROVED, { ...PROVED, verdict: "not_proved", voluntary: null }]);
  assert.deepEqual([part.read, part.out], [1, 5]);
  const zombie = { ...PROVED, how: "zombie", voluntary: 6, involuntary: 12, dispatched: 16, dispatches: 17 };
  const exited = sumCounters([PROVED, zombie]);
  assert.equal(
    exited.out + exited.preempted + exited.exit,
    exited.total,
    "the exit itself, and one more with its dispatch",
  );
  assert.equal(counterEquation(5, 6, true), "5 + 1 = 6");
  assert.equal(counterEquation(5, 5), "5 = 5");
  assert.equal(counterEquation(5, 6), "5 ≠ 6");
  assert.equal(counterEquation(5, null), "5 / –");
});

test("the badge says the verdict, of how many tasks, what could not be read beside them, and the counters", () => {
  const say = (key, slots = {}) =>
    `${key}${Object.keys(slots).length ? ` ${slots.proved ?? slots.out}/${slots.unread ?? slots.lost}` : ""}`;
  const proof = { verdict: "proved", proved: 8, owed: 8, unread: 0, lost: 0 };
  assert.equal(badgeText(null, sumCounters([]), say), "proof.open");
  assert.equal(badgeText(proof, sumCounters([PROVED]), say), "proof.proved · proof.tasks 8/0 · proof.figures 5/0");
  assert.match(badgeText({ ...proof, unread: 2 }, sumCounters([PROVED]), say), /proof\.tasks_beside 8\/2/);
  assert.match(
    badgeText({ ...proof, verdict: "differs", lost: 3 }, sumCounters([PROVED]), say),
    /^proof\.differs .*proof\.figures_differ 5\/3$/,
  );
  const none = { verdict: "not_proved", proved: 0, owed: 0, unread: 0, lost: 0 };
  assert.equal(badgeText(none, sumCounters([]), say), "proof.not_proved", "a run without a task is not proved");
});

test("a log that has ended shows a verdict from the instant it is about on, a living one from its entry on", () => {
  const held = { kind: "claim.held", claim: "late", at_ns: 5 };
  const never = { kind: "claim.held", claim: "whole" };
  const world = { claims: new Map(), ended: null };
  const last = {
    claims: new Map([
      ["late", held],
      ["whole", never],
    ]),
    ended: {},
  };
  assert.equal(claimHeld(claimsAt({ world, last, t_ns: 4 }), "late"), "open");
  assert.equal(claimHeld(claimsAt({ world, last, t_ns: 5 }), "late"), "yes");
  assert.equal(claimHeld(claimsAt({ world, last, t_ns: 9 }), "whole"), "open");
  assert.equal(claimHeld(claimsAt({ world, last: { ...last, ended: null }, t_ns: 9 }), "late"), "open");
});

test("of a log that has ended it is said whether a verdict comes later; of a living one it is not known", () => {
  const last = { claims: new Map([["late", { kind: "claim.held", claim: "late", at_ns: 5 }]]), ended: {} };
  assert.equal(claimWord({ last }, last.claims, "late"), "claims.held");
  assert.equal(claimWord({ last }, new Map(), "late"), "claims.later");
  assert.equal(claimWord({ last }, new Map(), "never"), "claims.absent");
  assert.equal(claimWord({ last: { ...last, ended: null } }, new Map(), "late"), "claims.open");
});

test("a caption is that of the last verdict, and none once that is left of the window or of another trial", () => {
  const claims = new Map(
    ["early", "late"].map((claim, n) => [claim, { kind: "claim.held", claim, at_ns: 10 * (n + 1) }]),
  );
  const world = { claims: new Map(), trials: [{ from_ns: 5 }] };
  const scene = { world, last: { claims, ended: {} }, t_ns: 15, scale: { from_ns: 0 } };
  assert.equal(latestHeld(scene), "early");
  assert.equal(latestHeld({ ...scene, t_ns: 30 }), "late");
  assert.equal(latestHeld({ ...scene, t_ns: 30, scale: { from_ns: 15 } }), "late");
  assert.equal(latestHeld({ ...scene, t_ns: 30, scale: { from_ns: 25 } }), null);
  assert.equal(latestHeld({ ...scene, world: { ...world, trials: [{ from_ns: 12 }] } }), null);
  assert.equal(latestHeld({ ...scene, t_ns: 9 }), null);
});

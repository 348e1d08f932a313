// A small run for the views' tests, by hand: two trials of two tasks, K = 1 then K = 2.

import { History } from "../../../static/js/engine/history.js";
import { OrderedEntries } from "../../../static/js/engine/ordered_entries.js";
import { TrackIndex } from "../../../static/js/engine/tracks.js";

const MS = 1e6;

/** @param {[number, object][]} facts instants in ms @returns the engine's three parts, filled */
export function played(facts) {
  const story = new OrderedEntries();
  const tracks = new TrackIndex(story);
  const history = new History(story);
  facts.forEach(([ms, fact], i) => {
    const index = story.add(i + 1, { t_ns: ms * MS, source: "seen", fact });
    tracks.onAdded(index);
    history.onAdded(index);
  });
  return { story, tracks, history };
}

const born = (task, trial) => ({
  kind: "task.born",
  task,
  pid: 100 + task,
  tid: 100 + task,
  parent: 0,
  name: `T${task}`,
  type: "process",
  how: "fork",
  trial,
  role: "worker",
});
const state = (task, name, cause, more = {}) => ({ kind: "task.state", task, state: name, cause, ...more });
const end = (task) => [
  state(task, "zombie", "exited"),
  { kind: "task.died", task, code: 0 },
  { kind: "task.reaped", task },
];
const started = {
  kind: "run.started",
  lesson: "x",
  params: {},
  tier: "exact",
  cpus: [0, 1],
  kernel: "6.18",
  python: "3.11",
  recorded_at: "2026-01-01T00:00:00+00:00",
  monotonic_ns: 0,
};

export const RUN = [
  [0, started],
  [10, { kind: "trial.started", trial: 1, params: { cores: 1 }, label: "one" }],
  [10, born(1, 1)],
  [10, state(1, "ready", "born")],
  [11, born(2, 1)],
  [11, state(2, "ready", "born")],
  [12, state(1, "running", "dispatched", { cpu: 0 })],
  [16, state(1, "ready", "preempted", { cpu: 0 })],
  [16, state(2, "running", "dispatched", { cpu: 0 })],
  [20, state(2, "blocked", "waits", { cpu: 0, waits_for: "pipe_read", syscall: 0 })],
  [20, state(1, "running", "dispatched", { cpu: 0 })],
  [22, state(2, "ready", "woken", { by: 1 })],
  [24, { kind: "claim.held", claim: "turns", count: 3, of: 4, task: 1, at_ns: 16 * MS }],
  [30, ...end(1).slice(0, 1)],
  [30, end(1)[1]],
  [31, end(1)[2]],
  [30, state(2, "running", "dispatched", { cpu: 0 })],
  [34, ...end(2).slice(0, 1)],
  [34, end(2)[1]],
  [35, end(2)[2]],
  [36, { kind: "trial.ended", trial: 1 }],
  [40, { kind: "trial.started", trial: 2, params: { cores: 2 } }],
  [40, born(3, 2)],
  [40, state(3, "ready", "born")],
  [40, born(4, 2)],
  [40, state(4, "ready", "born")],
  [41, state(3, "running", "dispatched", { cpu: 0 })],
  [41, state(4, "running", "dispatched", { cpu: 1 })],
  [50, ...end(3).slice(0, 1)],
  [50, end(3)[1]],
  [51, end(3)[2]],
  [50, ...end(4).slice(0, 1)],
  [50, end(4)[1]],
  [51, end(4)[2]],
  [52, { kind: "trial.ended", trial: 2 }],
  [52, { kind: "value.measured", name: "guess:half", value: 10, unit: "ms", trial: 1 }],
  [53, { kind: "run.ended", reason: "finished", summary: {} }],
].map(([ms, fact]) => /** @type {[number, object]} */ ([ms, fact]));

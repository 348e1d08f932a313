// The tree of processes at one instant, read out of the log: births, places (task.moved), and whom the last key reached. Pure.
import { cachePerVersion } from "../../engine/version_cache.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("../../types").Task} Task */
/** @typedef {import("../../types").Drawn} Drawn */
/** @typedef {{ t_ns: number, action: string }} Key */
/** @typedef {{ task: Task, parent: number, born_to: number, group: number | null, gone: boolean, reached: boolean }} TreeProcess
 *   `parent` is its parent now, `born_to` the one that made it (0 the launcher) */
/** @typedef {{ kin: TreeProcess[], foreground: number | null, key: { t_ns: number, name: string } | null }} ProcessTree */

const SIGSTOP_KEY = 20; // SIGTSTP: what it reached is stopped

/** Keys, deliveries and ends of a log, in order. */
const eventTimes = cachePerVersion((tracks) => {
  /** @type {Key[]} */
  const keys = [];
  /** @type {{ t_ns: number, task: number, signal: number | null, ended: boolean }[]} */
  const got = [];
  for (const { t_ns, entry } of tracks.otherEntries(-Infinity, Infinity)) {
    const { fact } = entry;
    if (fact.kind === "action.taken") keys.push({ t_ns, action: fact.action });
    else if (fact.kind === "signal.got") got.push({ t_ns, task: fact.task, signal: fact.signal, ended: false });
    else if (fact.kind === "task.died" && fact.code === undefined)
      got.push({ t_ns, task: fact.task, signal: fact.signal ?? null, ended: true });
  }
  return { keys, got };
});

/** The family on screen. @param {Scene} scene @param {Drawn} drawn @returns {ProcessTree} */
export function treeAt(scene, { tree = {} }) {
  const { world, tracks, version, t_ns } = scene;
  const { keys, got } = eventTimes(tracks, version);
  const trial = world.trials.at(-1);
  const last = keys.findLast((key) => key.t_ns <= t_ns && key.t_ns >= (trial?.from_ns ?? 0));
  const [signal, name] = tree.keys?.[last?.action ?? ""] ?? [0, ""];
  const key = last && name ? { t_ns: last.t_ns, name } : null;
  const since = got.filter((one) => key && one.t_ns >= key.t_ns && one.t_ns <= t_ns);
  const reached = new Set(since.filter((one) => one.signal === signal || one.signal === null).map(({ task }) => task));
  const kin = [...world.tasks.values()]
    .filter((task) => task.type === "process" && task.trial === (trial?.trial ?? null))
    .map((task) => processAt(scene, task, last?.t_ns ?? 0))
    .filter((one) => one !== null);
  for (const one of kin) {
    const stopped = signal === SIGSTOP_KEY && one.task.state === "stopped" && one.task.since_ns >= (key?.t_ns ?? 0);
    one.reached = reached.has(one.task.task) || stopped;
  }
  return { kin, foreground: foregroundOf(scene, kin), key };
}

/** A process in its place; null once it has gone, and nothing has been pressed since. @param {Scene} scene
 * @param {Task} task @param {number} key_ns @returns {TreeProcess | null} */
function processAt({ world }, task, key_ns) {
  const place = world.places.get(task.task);
  const gone = task.reaped;
  if (gone && task.since_ns < key_ns) return null;
  const parent = place?.parent ?? task.parent;
  return { task, parent, born_to: task.parent, group: place?.group ?? null, gone, reached: false };
}

/** The terminal's foreground group, by the last look at anybody who is still there. @param {Scene} scene @param {TreeProcess[]} kin */
function foregroundOf({ world }, kin) {
  const here = kin.filter(({ gone, task }) => !gone && task.state !== "zombie");
  const seen = (here.length ? here : kin).map(({ task }) => world.places.get(task.task)?.foreground ?? -1);
  return seen.find((group) => group > 0) ?? null;
}

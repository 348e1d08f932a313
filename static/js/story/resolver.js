// From a scene and a log to a picture: window, playhead, lanes, selection and what plays; a pure function, and the twin of
// server/lesson/resolver.py. Both are held to tests/lessons/*/scenes.vectors.json.
import { find } from "./moments.js";

/** @typedef {import("../types").StepScene} StepScene */
/** @typedef {import("./moments.js").MomentInstants} Found */
/** @typedef {import("./log_index.js").LogIndex} LogIndex */
/** @typedef {[from_ns: number, to_ns: number]} Range */
/** @typedef {{ from_ns: number, to_ns: number, at_ns: number, task: number | null, trial: number | null,
 *   trials: number[], tasks: number[], selected: number | null,
 *   play: { from_ns: number, to_ns: number, speed: number } | null }} Picture  a scene on one log, in ns of the run;
 *   no tasks or trials: all of them are drawn */

/** The picture of a scene on a log; null if the log does not show the scene's moment.
 * @param {StepScene} scene @param {LogIndex} log @returns {Picture | null} */
export function resolve(scene, log) {
  const found = find(scene.at, log);
  if (!found) return null;
  const trials = unique((scene.trials ?? []).flatMap((label) => log.labelled(label)?.trial ?? []));
  const tasks = tasksOf(scene, log, trials.length ? trials : [found.trial]);
  const window = withTheClaim(scene, log, windowOf(scene, log, found, tasks));
  const [from_ns, to_ns] = withAChange(window, log, found, tasks);
  const { at_ns, task, trial } = found;
  const selected = selectedOf(scene, log, found);
  return { from_ns, to_ns, at_ns, task, trial, trials, tasks, selected, play: playOf(scene, log, from_ns, at_ns) };
}

/** @param {number[]} numbers */
const unique = (numbers) => [...new Set(numbers)];

/** @param {StepScene} scene @param {LogIndex} log @param {(number | null)[]} trials */
function tasksOf(scene, log, trials) {
  const wanted = scene.tasks ?? [];
  return unique(trials.flatMap((trial) => wanted.flatMap((who) => log.matching(who, trial).map((each) => each.task))));
}

/** @param {StepScene} scene @param {LogIndex} log @param {Found} found @param {number[]} tasks @returns {Range} */
function windowOf(scene, log, found, tasks) {
  const [low, high] = log.bounds(found.trial);
  const { around, lead = 0.5 } = scene;
  const { at_ns } = found;
  if (around && "turns" in around) return turnsOf(around.turns, log, found, tasks) ?? [low, high];
  if (!around) return [Math.min(low, at_ns), Math.max(high, at_ns)];
  const width = "ns" in around ? around.ns : Math.floor(around.share * (high - low));
  const from_ns = Math.max(low, Math.min(at_ns - Math.floor(width * lead), high - width));
  const to_ns = Math.min(high, from_ns + width);
  return [Math.min(from_ns, at_ns), Math.max(to_ns, at_ns)];
}

/** So many running intervals of the moment's task, or else of the first lane, about the instant; with a margin.
 * @param {number} count @param {LogIndex} log @param {Found} found @param {number[]} tasks @returns {Range | null} */
function turnsOf(count, log, { at_ns, task }, tasks) {
  const turns = log.task(task ?? tasks[0])?.intervals.filter((one) => one.state === "running") ?? [];
  if (!turns.length) return null;
  const here = Math.max(
    0,
    turns.findLastIndex((one) => one.from_ns <= at_ns),
  );
  const first = Math.max(0, Math.min(here - Math.floor((count - 1) / 2), turns.length - count));
  const last = Math.min(first + count, turns.length) - 1;
  const [from_ns, to_ns] = [turns[first].from_ns, turns[last].to_ns ?? log.end_ns];
  return padded(Math.min(from_ns, at_ns), Math.max(to_ns, at_ns), log);
}

/** @param {number} from_ns @param {number} to_ns @param {LogIndex} log @returns {Range} */
function padded(from_ns, to_ns, log) {
  const margin = Math.max(1, Math.floor((to_ns - from_ns) / 20));
  return [Math.max(0, from_ns - margin), Math.min(log.end_ns, to_ns + margin)];
}

/** The window, wide enough for all that the verdict on the scene's claim points to.
 * @param {StepScene} scene @param {LogIndex} log @param {Range} window @returns {Range} */
function withTheClaim({ claim = "" }, log, [from_ns, to_ns]) {
  const verdict = log.verdicts.get(claim);
  const at_ns = verdict?.at_ns ?? null;
  if (at_ns === null) return [from_ns, to_ns];
  return [Math.min(from_ns, at_ns), Math.max(to_ns, at_ns, verdict?.to_ns ?? 0)];
}

/** The window, or a wider one: at least one change of state of a task that is drawn lies within it.
 * @param {Range} window @param {LogIndex} log @param {Found} found @param {number[]} tasks @returns {Range} */
function withAChange([from_ns, to_ns], log, found, tasks) {
  const drawn = tasks.length ? tasks.map((each) => log.task(each)) : log.matching("", found.trial);
  const edges = drawn.flatMap((task) => task?.intervals.map((one) => one.from_ns) ?? []).sort((a, b) => a - b);
  if (!edges.length || edges.some((each) => from_ns < each && each < to_ns)) return [from_ns, to_ns];
  const away = (/** @type {number} */ t_ns) => Math.abs(t_ns - found.at_ns);
  const nearest = edges.reduce((best, each) => (away(each) < away(best) ? each : best));
  return padded(Math.min(from_ns, nearest), Math.max(to_ns, nearest), log);
}

/** @param {StepScene} scene @param {LogIndex} log @param {Found} found */
function selectedOf({ select = "" }, log, found) {
  if (select === "*") return found.task;
  return select ? (log.matching(select, found.trial)[0]?.task ?? null) : null;
}

/** @param {StepScene} scene @param {LogIndex} log @param {number} from_ns @param {number} at_ns */
function playOf({ play }, log, from_ns, at_ns) {
  if (!play) return null;
  const start = play.from ? find(play.from, log) : null;
  const begin_ns = start ? Math.max(from_ns, start.at_ns) : from_ns;
  return begin_ns < at_ns ? { from_ns: begin_ns, to_ns: at_ns, speed: play.speed } : null;
}

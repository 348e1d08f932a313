// What lies where in the pipeline at one instant, read out of the log: pure, it draws nothing.

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("../../types").Task} Task */
/** @typedef {import("../../types").Tracks} Tracks */
/**
 * @typedef {{ t_ns: number, text: string, burst: boolean }} Written  text: a line, or how many lines
 * @typedef {{ trial: number, from_ns: number, params: Record<string, unknown>, roles: Map<string, number>,
 *   written: Written[], steps: { t_ns: number }[], printed: { t_ns: number, text: string }[] }} Story  of one pipeline
 * @typedef {{ by: number, to: number, after_ns: number, t_ns: number, error_ns: number, named: boolean }} Wake
 * @typedef {{ story: Story | null, tasks: Record<string, Task | null>, level: number, capacity: number,
 *   tanked: boolean, tank: number | null, room: number, written: Written[], printed: string, wakes: { tail: Wake | null, grep: Wake | null } }} Read
 */

const BURST = "10 000";
const BACK = 12; // changes looked through for the last wake-up
const RECENT_NS = 2e9; // a wake-up longer ago is not told any more

/** @type {WeakMap<Tracks, { version: number, stories: Story[] }>} */
const known = new WeakMap();

/** Every pipeline of a run; read again only when the log grew. @param {Tracks} tracks @param {number} version */
export function storiesOf(tracks, version) {
  const held = known.get(tracks);
  if (held && held.version === version) return held.stories;
  const stories = tell(tracks);
  known.set(tracks, { version, stories });
  return stories;
}

/** @param {Tracks} tracks @returns {Story[]} */
function tell(tracks) {
  /** @type {Story[]} */
  const stories = [];
  /** @type {{ task: number, role: string, trial: number | null }[]} */
  const born = [];
  for (const {
    t_ns,
    entry: { fact },
  } of tracks.marks(-Infinity, Infinity)) {
    if (fact.kind === "trial.started") {
      stories.push({
        trial: fact.trial,
        from_ns: t_ns,
        params: fact.params,
        roles: new Map(),
        written: [],
        steps: [],
        printed: [],
      });
    } else if (fact.kind === "task.born")
      born.push({ task: fact.task, role: fact.role ?? "", trial: fact.trial ?? null });
    else if (stories.length) note(stories[stories.length - 1], t_ns, fact);
  }
  for (const one of born) stories.find((story) => story.trial === one.trial)?.roles.set(one.role, one.task);
  return stories;
}

/** @param {Story} story @param {number} t_ns @param {import("../../types").Fact} fact */
function note(story, t_ns, fact) {
  if (fact.kind === "output" && fact.stream === "log")
    story.written.push({ t_ns, text: fact.text.trimEnd(), burst: false });
  else if (fact.kind === "output" && fact.stream === "terminal") story.printed.push({ t_ns, text: fact.text });
  else if (fact.kind === "step" && (fact.label === "append" || fact.label === "burst")) {
    story.steps.push({ t_ns });
    if (fact.label === "burst") story.written.push({ t_ns, text: BURST, burst: true });
  }
}

/** The pipeline of an instant: the last that has begun; before any, the first. @param {Story[]} stories @param {number} t_ns */
export function storyAt(stories, t_ns) {
  return stories.findLast((one) => one.from_ns <= t_ns) ?? stories[0] ?? null;
}

/** What had come by then, the newest `most`. @template {{ t_ns: number }} T @param {T[]} list @param {number} t_ns @param {number} most */
export function upTo(list, t_ns, most) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].t_ns <= t_ns) low = middle + 1;
    else high = middle;
  }
  return list.slice(Math.max(0, low - most), low);
}

/** The last time a task was woken, and how long after the write (or the other wake-up) that caused it.
 * @param {Tracks} tracks @param {number} task @param {number} t_ns @returns {{ t_ns: number, by: number | null, error_ns: number } | null} */
function lastWoken(tracks, task, t_ns) {
  let at = t_ns;
  for (let i = 0; i < BACK; i++) {
    const one = tracks.at(task, at);
    if (!one) return null;
    if (one.cause === "woken") return { t_ns: one.from_ns, by: one.by, error_ns: one.error_ns ?? 0 };
    const before = tracks.change(task, one.from_ns, -1);
    if (before === null || before >= one.from_ns) return null;
    at = before;
  }
  return null;
}

/** @param {Story} story @param {Tracks} tracks @param {number} t_ns @returns {Read["wakes"]} */
export function wakesOf(story, tracks, t_ns) {
  const [writer, tail, grep] = ["writer", "tail", "grep"].map((role) => story.roles.get(role) ?? 0);
  const first = tail ? lastWoken(tracks, tail, t_ns) : null;
  const second = grep ? lastWoken(tracks, grep, t_ns) : null;
  const step = first ? upTo(story.steps, first.t_ns, 1)[0]?.t_ns : undefined;
  const byWriter = first && (first.by === writer || (first.by === null && step !== undefined));
  const byTail = second && (second.by === tail || second.by === null);
  return {
    tail: byWriter && step !== undefined ? wake(writer, tail, first, step, t_ns) : null,
    grep: byTail && first && first.t_ns <= second.t_ns ? wake(tail, grep, second, first.t_ns, t_ns) : null,
  };
}

/** @param {number} by @param {number} to @param {{ t_ns: number, by: number | null, error_ns: number }} woken @param {number} since_ns
 * @param {number} now_ns @returns {Wake | null} */
function wake(by, to, woken, since_ns, now_ns) {
  if (now_ns - woken.t_ns > RECENT_NS || woken.t_ns - since_ns > RECENT_NS) return null;
  return {
    by,
    to,
    t_ns: woken.t_ns,
    after_ns: woken.t_ns - since_ns,
    error_ns: woken.error_ns,
    named: woken.by !== null,
  };
}

/** Everything the picture shows at the playhead. @param {Scene} scene @param {number} lines how many of the log @returns {Read} */
export function read(scene, lines) {
  const { world, tracks, t_ns } = scene;
  const story = storyAt(storiesOf(tracks, scene.version), t_ns);
  const pipe = world.pipes.get("") ?? { bytes: 0, capacity: Number(story?.params.pipe ?? 65536) };
  const stdio = world.pipes.get("stdio") ?? null;
  /** @param {string} role */
  const task = (role) => world.tasks.get(story?.roles.get(role) ?? 0) ?? null;
  return {
    story,
    level: pipe.bytes,
    capacity: pipe.capacity,
    tanked: story?.params.buffered === true,
    tank: gone(task("grep")) ? null : (stdio?.bytes ?? null),
    room: stdio?.capacity ?? 4096,
    tasks: { writer: task("writer"), tail: task("tail"), grep: task("grep") },
    written: story ? upTo(story.written, t_ns, lines) : [],
    printed: story
      ? tailOf(
          upTo(story.printed, t_ns, 60)
            .map((one) => one.text)
            .join(""),
        )
      : "",
    wakes: story ? wakesOf(story, tracks, t_ns) : { tail: null, grep: null },
  };
}

const KEPT = 3000; // characters of the terminal that are kept

/** The newest whole lines of a text. @param {string} text */
function tailOf(text) {
  if (text.length <= KEPT) return text;
  const cut = text.slice(-KEPT);
  return cut.slice(cut.indexOf("\n") + 1);
}

const INPUT = new Set(["pipe_read", "poll", "sleep"]); // tail polls its notices, or sleeps until it looks again

/** At which end a task sleeps, and so where its state is drawn: the end it reads from, or the end it writes to; null
 * where it does not sleep, or for a reason that is neither, or not known.
 * @param {Task | null} task @returns {"in" | "out" | null} */
export function endOf(task) {
  if (task?.state !== "blocked") return null;
  if (task.waits_for === "pipe_write") return "out";
  return INPUT.has(task.waits_for ?? "") ? "in" : null;
}

/** Whether a task has ended. @param {Task | null} task */
export const gone = (task) => task !== null && (task.state === "zombie" || task.reaped);

// Who woke whom in the pipeline, and how long after the write, or the other wake-up, that caused it. Pure.

/** @typedef {import("../../types").Tracks} Tracks */
/** @typedef {import("./read.js").Pipeline} Pipeline */
/** @typedef {{ t_ns: number, by: number | null, error_ns: number }} Woken */
/** @typedef {{ by: number, to: number, after_ns: number, t_ns: number, error_ns: number, named: boolean }} Wake */

const BACK = 12; // changes looked through for the last wake-up
const RECENT_NS = 2e9; // a wake-up longer ago is not told any more

/** The last time a task was woken. @param {Tracks} tracks @param {number} task @param {number} t_ns @returns {Woken | null} */
function lastWoken(tracks, task, t_ns) {
  let at = t_ns;
  for (let i = 0; i < BACK; i++) {
    const interval = tracks.at(task, at);
    if (!interval) return null;
    if (interval.cause === "woken")
      return { t_ns: interval.from_ns, by: interval.by, error_ns: interval.error_ns ?? 0 };
    const before = tracks.change(task, interval.from_ns, -1);
    if (before === null || before >= interval.from_ns) return null;
    at = before;
  }
  return null;
}

/** The newest wake-ups of tail and grep up to an instant. @param {Pipeline} pipeline @param {Tracks} tracks
 * @param {number} t_ns @returns {{ tail: Wake | null, grep: Wake | null }} */
export function wakesOf({ roles, writes }, tracks, t_ns) {
  const [writer, tail, grep] = ["writer", "tail", "grep"].map((role) => roles.get(role) ?? 0);
  const first = tail ? lastWoken(tracks, tail, t_ns) : null;
  const second = grep ? lastWoken(tracks, grep, t_ns) : null;
  const write = first && writes.findLast((each) => each.t_ns <= first.t_ns);
  const byWriter = first && write && (first.by === writer || first.by === null);
  const byTail = second && (second.by === tail || second.by === null) && first && first.t_ns <= second.t_ns;
  return {
    tail: byWriter ? wake(writer, tail, first, write.t_ns, t_ns) : null,
    grep: byTail ? wake(tail, grep, second, first.t_ns, t_ns) : null,
  };
}

/** @param {number} by @param {number} to @param {Woken} woken @param {number} since_ns @param {number} now_ns
 * @returns {Wake | null} */
function wake(by, to, woken, since_ns, now_ns) {
  const { t_ns, error_ns } = woken;
  if (now_ns - t_ns > RECENT_NS || t_ns - since_ns > RECENT_NS) return null;
  return { by, to, t_ns, after_ns: t_ns - since_ns, error_ns, named: woken.by !== null };
}

// Entries → items of a frame, as server/frames.py packs them: what decode is tested against.
import { TRANSITIONS } from "../../../static/js/engine/frames.js";

const PLAIN = new Set(["kind", "task", "state", "cause", "cpu"]);

/** The entry's code, or null if it says more than a code can carry. */
function codeOf({ source, fact }) {
  if (source !== "seen" || fact.kind !== "task.state" || fact.cpu === undefined || fact.cpu > 255) return null;
  if (fact.cpu < 0 || fact.task < 0 || Object.keys(fact).some((key) => !PLAIN.has(key))) return null;
  const transition = TRANSITIONS.findIndex(([state, cause]) => state === fact.state && cause === fact.cause);
  const code = fact.task * 4096 + fact.cpu * 16 + transition;
  return transition < 0 || !Number.isSafeInteger(code) ? null : code;
}

/** The inverse of decode. */
export function encode(entries) {
  const items = [];
  let run = null;
  let before = 0;
  for (const entry of entries) {
    const code = codeOf(entry);
    if (code === null) {
      items.push(entry);
      run = null;
      continue;
    }
    if (!run) {
      run = [];
      items.push(run);
      before = 0;
    }
    run.push(entry.t_ns - before, code);
    before = entry.t_ns;
  }
  return items;
}

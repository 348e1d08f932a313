// Items of the stream → entries: the packing of server/web/frames.py read back, as pure functions.

/** @typedef {import("../types").Entry} Entry */
/** @typedef {import("../types").State} State */
/** @typedef {import("../types").Cause} Cause */
/** @typedef {Entry | number[]} Item */

/** Index = transition of the code; 8 to 15 are free. @type {[State, Cause][]} */
export const TRANSITIONS = [
  ["running", "dispatched"],
  ["ready", "preempted"],
  ["ready", "woken"],
  ["ready", "born"],
  ["blocked", "waits"],
  ["stopped", "stopped"],
  ["ready", "continued"],
  ["zombie", "exited"],
];

/** Whether a value read from JSON has the shape of an entry; a kind this page does not know is an entry all the same.
 * @param {unknown} value @returns {value is Entry} */
export function isEntry(value) {
  if (typeof value !== "object" || value === null || !("t_ns" in value) || !("fact" in value)) return false;
  const { t_ns, fact } = value;
  return Number.isSafeInteger(t_ns) && typeof fact === "object" && fact !== null && "kind" in fact;
}

/** The entries of one frame; throws TypeError on anything that is not one.
 * @param {unknown} items @returns {Entry[]} */
export function decode(items) {
  if (!Array.isArray(items)) throw new TypeError("frame");
  /** @type {Entry[]} */
  const entries = [];
  for (const item of items) {
    if (Array.isArray(item)) unpack(item, entries);
    else if (isEntry(item)) entries.push(item);
    else throw new TypeError("item");
  }
  return entries;
}

/** @param {unknown[]} numbers @param {Entry[]} entries */
function unpack(numbers, entries) {
  if (numbers.length % 2 || !numbers.every(Number.isSafeInteger)) throw new TypeError("packed item");
  const pairs = /** @type {number[]} */ (numbers);
  let t_ns = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    t_ns += pairs[i];
    const code = pairs[i + 1];
    const change = TRANSITIONS[code % 16];
    if (code < 0 || !change) throw new TypeError("transition");
    const task = Math.floor(code / 4096);
    const cpu = Math.floor(code / 16) % 256;
    entries.push({ t_ns, source: "seen", fact: { kind: "task.state", task, state: change[0], cause: change[1], cpu } });
  }
}

/** "<epoch>.<n>" → its epoch and position; "<epoch>.end" → position null; anything else → null.
 * @param {string} text @returns {{ epoch: number, position: number | null } | null} */
export function parseId(text) {
  const match = /^(\d{1,9})\.(\d{1,15}|end)$/.exec(text);
  return match ? { epoch: Number(match[1]), position: match[2] === "end" ? null : Number(match[2]) } : null;
}

/** The entries of a log or recording as NDJSON. Seals are passed over; reading stops at the first line that is damaged,
 *  and `whole` says whether it came to the end.
 * @param {string} text @returns {{ entries: Entry[], whole: boolean }} */
export function readLog(text) {
  /** @type {Entry[]} */
  const entries = [];
  for (const line of text.split("\n")) {
    if (!line.trim()) continue;
    let value;
    try {
      value = JSON.parse(line);
    } catch {
      return { entries, whole: false };
    }
    if (isEntry(value)) entries.push(value);
  }
  return { entries, whole: true };
}

// A log or recording as NDJSON → entries, as a pure function.

/** @typedef {import("../types").Entry} Entry */

/** Whether a value read from JSON has the shape of an entry; a kind this page does not know is an entry all the same.
 * @param {unknown} value @returns {value is Entry} */
export function isEntry(value) {
  if (typeof value !== "object" || value === null || !("t_ns" in value) || !("fact" in value)) return false;
  const { t_ns, fact } = value;
  return Number.isSafeInteger(t_ns) && typeof fact === "object" && fact !== null && "kind" in fact;
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

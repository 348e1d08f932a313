// Items of the stream → entries: the packing of server/web/frames.py read back, as pure functions.
import { isEntry } from "./ndjson.js";

/** @typedef {import("../types").Entry} Entry */
/** @typedef {import("../types").Fact} Fact */
/** @typedef {Pick<Entry, "source" | "fact">} Said */

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

/** @param {unknown[]} packed strings, shapes, facts, then instant and fact in turn @param {Entry[]} entries */
function unpack(packed, entries) {
  const facts = factsOf(packed);
  if (packed.length % 2 === 0) throw new TypeError("packed item");
  let t_ns = 0;
  for (let i = 3; i < packed.length; i += 2) {
    t_ns += /** @type {number} */ (packed[i]);
    const { source, fact } = facts[/** @type {number} */ (packed[i + 1])];
    if (!Number.isSafeInteger(t_ns)) throw new TypeError("instant");
    entries.push({ t_ns, source, fact });
  }
}

/** The facts of a packed item; entries that say the same share one. @param {unknown[]} packed @returns {Said[]} */
function factsOf([strings, shapes, told]) {
  if (![strings, shapes, told].every(Array.isArray)) throw new TypeError("tables");
  const texts = /** @type {string[]} */ (strings);
  return /** @type {unknown[][]} */ (told).map(([shape, ...values]) => {
    const [source, kind, ...fields] = /** @type {string[][]} */ (shapes)[/** @type {number} */ (shape)];
    if (fields.length !== values.length) throw new TypeError("fact");
    const told = fields.map((name, i) =>
      name[0] === "=" ? [name.slice(1), texts[/** @type {number} */ (values[i])]] : [name, values[i]],
    );
    return /** @type {Said} */ ({ source, fact: Object.fromEntries([["kind", kind], ...told]) });
  });
}

/** "<epoch>.<n>" → its epoch and position; "<epoch>.end" → position null; anything else → null.
 * @param {string} text @returns {{ epoch: number, position: number | null } | null} */
export function parseId(text) {
  const match = /^(\d{1,9})\.(\d{1,15}|end)$/.exec(text);
  return match ? { epoch: Number(match[1]), position: match[2] === "end" ? null : Number(match[2]) } : null;
}

// Arrays in ascending order: where a value belongs in them, and how typed ones grow.

/** @typedef {Float64Array | Int32Array | Int16Array | Uint8Array} TypedArray */

/** How many of values[0..high) are below a limit; those before `low` are known to be.
 * @param {ArrayLike<number>} values ascending @param {number} limit @param {boolean} inclusive whether the limit itself counts
 * @param {number} high @param {number} [low] */
function count(values, limit, inclusive, high, low = 0) {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (values[middle] < limit || (inclusive && values[middle] === limit)) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** How many are ≤ limit. @param {ArrayLike<number>} values @param {number} limit @param {number} high @param {number} [low] */
export const countUpTo = (values, limit, high, low) => count(values, limit, true, high, low);

/** How many are < limit. @param {ArrayLike<number>} values @param {number} limit @param {number} high */
export const countBefore = (values, limit, high) => count(values, limit, false, high);

/** A new, longer array that begins with an old one. @template {TypedArray} A @param {A} wider @param {A} from */
export function copyPrefix(wider, from) {
  wider.set(from);
  return wider;
}

// The entries of one run in order of (t_ns, position), whatever order they were delivered in.
import { copyPrefix, countBefore, countUpTo } from "./sorted_arrays.js";

/** @typedef {import("../types").Entry} Entry */

/** Grows by doubling; a late entry moves only the tail behind it. */
export class OrderedEntries {
  /** @type {Entry[]} */
  #entries = [];
  /** @type {number[]} */
  #positions = [];
  #times = new Float64Array(1024);

  get length() {
    return this.#entries.length;
  }

  /** Instant of the last entry. */
  get end_ns() {
    return this.length ? this.#times[this.length - 1] : 0;
  }

  /** @param {number} index */
  entryAt(index) {
    return this.#entries[index];
  }

  /** @param {number} index */
  positionAt(index) {
    return this.#positions[index];
  }

  /** @param {number} index */
  timeAt(index) {
    return this.#times[index];
  }

  /** How many entries have an instant ≤ t. @param {number} t_ns */
  countUpTo(t_ns) {
    return countUpTo(this.#times, t_ns, this.length);
  }

  /** How many entries have an instant < t. @param {number} t_ns */
  countBefore(t_ns) {
    return countBefore(this.#times, t_ns, this.length);
  }

  /** Puts an entry in its place and returns its index; everything from there on has moved by one.
   * @param {number} position @param {Entry} entry */
  add(position, entry) {
    const { t_ns } = entry;
    const { length } = this;
    let index = length && this.#times[length - 1] > t_ns ? this.countUpTo(t_ns) : length;
    while (index && this.#times[index - 1] === t_ns && this.#positions[index - 1] > position) index--;
    if (length === this.#times.length) this.#times = copyPrefix(new Float64Array(length * 2), this.#times);
    if (index === length) {
      this.#entries.push(entry);
      this.#positions.push(position);
    } else {
      this.#times.copyWithin(index + 1, index, length);
      this.#entries.splice(index, 0, entry);
      this.#positions.splice(index, 0, position);
    }
    this.#times[index] = t_ns;
    return index;
  }
}

// The entries of one run in story order (t_ns, then position), whatever order they were delivered in; it folds nothing.
import { begunWith, countBefore, countUpTo } from "./sorted.js";

/** @typedef {import("../types").Entry} Entry */
/** @typedef {ReturnType<typeof createStory>} Story */

/** Grows by doubling; a late entry moves only the tail behind it. */
export function createStory() {
  /** @type {Entry[]} */
  const entries = [];
  /** @type {number[]} */
  const positions = [];
  let times = new Float64Array(1024);

  return {
    get length() {
      return entries.length;
    },
    get end_ns() {
      return entries.length ? times[entries.length - 1] : 0;
    },
    /** @param {number} index */
    entry: (index) => entries[index],
    /** @param {number} index */
    position: (index) => positions[index],
    /** @param {number} index */
    time: (index) => times[index],
    /** @param {number} t_ns */
    upTo: (t_ns) => countUpTo(times, t_ns, entries.length),
    /** @param {number} t_ns */
    before: (t_ns) => countBefore(times, t_ns, entries.length),

    /** Puts an entry in its place and returns its index; everything from there on has moved by one.
     * @param {number} position @param {Entry} entry */
    add(position, entry) {
      const { t_ns } = entry;
      let index = entries.length;
      if (index && times[index - 1] > t_ns) index = countUpTo(times, t_ns, entries.length);
      while (index && times[index - 1] === t_ns && positions[index - 1] > position) index--;
      if (entries.length === times.length) {
        times = begunWith(new Float64Array(times.length * 2), times);
      }
      if (index === entries.length) {
        entries.push(entry);
        positions.push(position);
      } else {
        times.copyWithin(index + 1, index, entries.length);
        entries.splice(index, 0, entry);
        positions.splice(index, 0, position);
      }
      times[index] = t_ns;
      return index;
    },
  };
}

// Rows of one lane as typed arrays: what held from when, with running totals per code; it knows no facts and no tasks.
import { begunWith, countBefore, countUpTo } from "./sorted.js";
//
// integral[i · codes + c] is the time spent in code c before row i. A share over any span is a difference of two
// integrals, so it is exact at every zoom and nothing shorter than a pixel is lost; appending costs one row.

/** @typedef {ReturnType<typeof createColumns>} Columns */

/** @param {number} codes how many codes there are @param {number} open how many of them, from 0, count as time spent */
export function createColumns(codes, open) {
  let capacity = 64;
  let from_ns = new Float64Array(capacity);
  let code = new Uint8Array(capacity);
  let value = new Int32Array(capacity);
  let position = new Float64Array(capacity);
  let integral = new Float64Array(capacity * codes);
  let length = 0;

  function grow() {
    capacity *= 2;
    from_ns = begunWith(new Float64Array(capacity), from_ns);
    code = begunWith(new Uint8Array(capacity), code);
    value = begunWith(new Int32Array(capacity), value);
    position = begunWith(new Float64Array(capacity), position);
    integral = begunWith(new Float64Array(capacity * codes), integral);
  }

  /** Computes the integrals from row i on; the rows before it stand. @param {number} i */
  function integrate(i) {
    for (let row = Math.max(i, 1); row < length; row++) {
      const here = row * codes;
      for (let c = 0; c < codes; c++) integral[here + c] = integral[here - codes + c];
      integral[here + code[row - 1]] += from_ns[row] - from_ns[row - 1];
    }
  }

  /** The last row with from_ns ≤ t, or −1; `near` is a row to look from, as neighbours are often asked for in turn.
   * @param {number} t_ns @param {number} [near] */
  function find(t_ns, near = -1) {
    let low = 0;
    let high = length;
    if (near >= 0 && near < length && from_ns[near] <= t_ns) {
      low = near + 1;
      let stride = 1;
      while (low < high && from_ns[Math.min(low + stride, high) - 1] <= t_ns) {
        low = Math.min(low + stride, high);
        stride *= 2;
      }
      high = Math.min(low + stride, high);
    }
    return countUpTo(from_ns, t_ns, high, low) - 1;
  }

  return {
    get length() {
      return length;
    },
    get from_ns() {
      return from_ns;
    },
    get code() {
      return code;
    },
    get value() {
      return value;
    },
    get position() {
      return position;
    },
    find,

    /** The first row with from_ns ≥ t, or length. @param {number} t_ns */
    first(t_ns) {
      return countBefore(from_ns, t_ns, length);
    },

    /** Puts a row in its place by (t, position) and returns its index.
     * @param {number} t_ns @param {number} at position in the log @param {number} what @param {number} which */
    insert(t_ns, at, what, which) {
      if (length === capacity) grow();
      let row = length;
      if (row && from_ns[row - 1] > t_ns) row = find(t_ns) + 1;
      while (row && from_ns[row - 1] === t_ns && position[row - 1] > at) row--;
      for (const column of [from_ns, code, value, position]) column.copyWithin(row + 1, row, length);
      from_ns[row] = t_ns;
      code[row] = what;
      value[row] = which;
      position[row] = at;
      length++;
      integrate(row);
      return row;
    },

    /** Forgets the rows from this one on. @param {number} row */
    truncate(row) {
      length = Math.min(length, row);
    },

    /** Share of each open code in each of `count` equal columns of from..to; nothing is counted beyond end_ns.
     * @param {number} from @param {number} to @param {number} count @param {number} end_ns */
    shares(from, to, count, end_ns) {
      const shares = new Float32Array(count * open);
      const width = (to - from) / count;
      if (!(width > 0) || !length) return shares;
      const before = new Float64Array(open);
      let row = find(Math.min(from, end_ns));
      for (let column = 0; column <= count; column++) {
        const t_ns = Math.min(from + column * width, end_ns);
        row = find(t_ns, row);
        for (let c = 0; c < open; c++) {
          const spent = row < 0 ? 0 : integral[row * codes + c] + (code[row] === c ? t_ns - from_ns[row] : 0);
          if (column) shares[(column - 1) * open + c] = (spent - before[c]) / width;
          before[c] = spent;
        }
      }
      return shares;
    },
  };
}

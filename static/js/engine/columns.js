// Rows of one lane as typed arrays: what held from when, with running totals per code. It is the same for tasks and cores.
//
// integral[i · codes + c] is the time spent in code c before row i. A share over any span is a difference of two
// integrals, so it is exact at every zoom and nothing shorter than a pixel is lost; appending costs one row.
import { copyPrefix, countBefore, countUpTo } from "./sorted_arrays.js";

export class StateColumns {
  length = 0;
  from_ns = new Float64Array(64);
  code = new Uint8Array(64);
  value = new Int32Array(64);
  position = new Float64Array(64); // in the log
  #integral;
  #integrated = 0; // rows whose integrals stand
  #codes;
  #open;

  /** @param {number} codes how many codes there are @param {number} open how many of them, from 0, count as time spent */
  constructor(codes, open) {
    this.#codes = codes;
    this.#open = open;
    this.#integral = new Float64Array(64 * codes);
  }

  #grow() {
    const capacity = this.length * 2;
    this.from_ns = copyPrefix(new Float64Array(capacity), this.from_ns);
    this.code = copyPrefix(new Uint8Array(capacity), this.code);
    this.value = copyPrefix(new Int32Array(capacity), this.value);
    this.position = copyPrefix(new Float64Array(capacity), this.position);
  }

  /** Computes the integrals of the rows that have come since a share was asked for last. */
  #integrate() {
    const codes = this.#codes;
    const size = this.from_ns.length * codes;
    if (this.#integral.length < size) this.#integral = copyPrefix(new Float64Array(size), this.#integral);
    const integral = this.#integral;
    const first = Math.max(this.#integrated, 1);
    this.#integrated = this.length;
    for (let row = first; row < this.length; row++) {
      const here = row * codes;
      for (let c = 0; c < codes; c++) integral[here + c] = integral[here - codes + c];
      integral[here + this.code[row - 1]] += this.from_ns[row] - this.from_ns[row - 1];
    }
  }

  /** The last row with from_ns ≤ t, or −1; `near` is a row to look from, as neighbours are often asked for in turn.
   * @param {number} t_ns @param {number} [near] */
  rowAt(t_ns, near = -1) {
    const { from_ns, length } = this;
    if (near < 0 || near >= length || from_ns[near] > t_ns) return countUpTo(from_ns, t_ns, length) - 1;
    let low = near + 1;
    let stride = 1;
    while (low < length && from_ns[Math.min(low + stride, length) - 1] <= t_ns) {
      low = Math.min(low + stride, length);
      stride *= 2;
    }
    return countUpTo(from_ns, t_ns, Math.min(low + stride, length), low) - 1;
  }

  /** The first row with from_ns ≥ t, or length. @param {number} t_ns */
  firstRowFrom(t_ns) {
    return countBefore(this.from_ns, t_ns, this.length);
  }

  /** Puts a row in its place by (t, position) and returns its index.
   * @param {number} t_ns @param {number} position in the log @param {number} code @param {number} value */
  insert(t_ns, position, code, value) {
    const { length } = this;
    if (length === this.from_ns.length) this.#grow();
    let row = length && this.from_ns[length - 1] > t_ns ? this.rowAt(t_ns) + 1 : length;
    while (row && this.from_ns[row - 1] === t_ns && this.position[row - 1] > position) row--;
    if (row < length)
      for (const column of [this.from_ns, this.code, this.value, this.position])
        column.copyWithin(row + 1, row, length);
    this.from_ns[row] = t_ns;
    this.code[row] = code;
    this.value[row] = value;
    this.position[row] = position;
    this.length++;
    this.#integrated = Math.min(this.#integrated, row);
    return row;
  }

  /** Forgets the rows from this one on. @param {number} row */
  truncate(row) {
    this.length = Math.min(this.length, row);
    this.#integrated = Math.min(this.#integrated, this.length);
  }

  /** Share of each open code in each of `count` equal columns of from..to; nothing is counted beyond end_ns.
   * @param {number} from @param {number} to @param {number} count @param {number} end_ns */
  shares(from, to, count, end_ns) {
    const open = this.#open;
    const shares = new Float32Array(count * open);
    const width = (to - from) / count;
    if (!(width > 0) || !this.length) return shares;
    this.#integrate();
    const before = new Float64Array(open);
    let row = this.rowAt(Math.min(from, end_ns));
    for (let column = 0; column <= count; column++) {
      const t_ns = Math.min(from + column * width, end_ns);
      const next = this.rowAt(t_ns, row);
      const code = this.code[next];
      const [first, end] = column && next === row && next >= 0 ? [code, Math.min(code + 1, open)] : [0, open];
      row = next; // within one row nothing but its own code's total grows
      for (let c = first; c < end; c++) {
        const spent = this.#totalUntil(row, c, t_ns);
        if (column) shares[(column - 1) * open + c] = (spent - before[c]) / width;
        before[c] = spent;
      }
    }
    return shares;
  }

  /** Time spent in a code up to an instant within a row. @param {number} row @param {number} c @param {number} t_ns */
  #totalUntil(row, c, t_ns) {
    if (row < 0) return 0;
    return this.#integral[row * this.#codes + c] + (this.code[row] === c ? t_ns - this.from_ns[row] : 0);
  }
}

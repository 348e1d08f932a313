// One track as typed arrays, a column a field and an index an interval: what held from when, with running totals per code.
// It is the same for tasks and cores.
//
// integral[i · codes + c] is the time spent in code c before interval i. A share over any range is a difference of two
// integrals, so it is exact at every zoom and nothing shorter than a pixel is lost; appending costs one interval.
import { copyPrefix, countBefore, countUpTo } from "./sorted_arrays.js";

export class StateColumns {
  length = 0;
  from_ns = new Float64Array(64);
  code = new Uint8Array(64);
  value = new Int32Array(64);
  position = new Float64Array(64); // in the log
  #integral;
  #integrated = 0; // intervals whose integrals stand
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

  /** Computes the integrals of the intervals that have come since a share was asked for last. */
  #integrate() {
    const codes = this.#codes;
    const size = this.from_ns.length * codes;
    if (this.#integral.length < size) this.#integral = copyPrefix(new Float64Array(size), this.#integral);
    const integral = this.#integral;
    const first = Math.max(this.#integrated, 1);
    this.#integrated = this.length;
    for (let i = first; i < this.length; i++) {
      const here = i * codes;
      for (let c = 0; c < codes; c++) integral[here + c] = integral[here - codes + c];
      integral[here + this.code[i - 1]] += this.from_ns[i] - this.from_ns[i - 1];
    }
  }

  /** The last interval with from_ns ≤ t, or −1; `near` is an index to look from, as neighbours are often asked for in turn.
   * @param {number} t_ns @param {number} [near] */
  indexAt(t_ns, near = -1) {
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

  /** The first interval with from_ns ≥ t, or length. @param {number} t_ns */
  firstIndexFrom(t_ns) {
    return countBefore(this.from_ns, t_ns, this.length);
  }

  /** Puts an interval in its place by (t, position) and returns its index.
   * @param {number} t_ns @param {number} position in the log @param {number} code @param {number} value */
  insert(t_ns, position, code, value) {
    const { length } = this;
    if (length === this.from_ns.length) this.#grow();
    let i = length && this.from_ns[length - 1] > t_ns ? this.indexAt(t_ns) + 1 : length;
    while (i && this.from_ns[i - 1] === t_ns && this.position[i - 1] > position) i--;
    if (i < length)
      for (const column of [this.from_ns, this.code, this.value, this.position]) column.copyWithin(i + 1, i, length);
    this.from_ns[i] = t_ns;
    this.code[i] = code;
    this.value[i] = value;
    this.position[i] = position;
    this.length++;
    this.#integrated = Math.min(this.#integrated, i);
    return i;
  }

  /** Forgets the intervals from this one on. @param {number} index */
  truncate(index) {
    this.length = Math.min(this.length, index);
    this.#integrated = Math.min(this.#integrated, this.length);
  }

  /** Share of each open code in each of `count` equal buckets of from..to; nothing is counted beyond end_ns.
   * @param {number} from @param {number} to @param {number} count @param {number} end_ns */
  shares(from, to, count, end_ns) {
    const open = this.#open;
    const shares = new Float32Array(count * open);
    const width = (to - from) / count;
    if (!(width > 0) || !this.length) return shares;
    this.#integrate();
    const before = new Float64Array(open);
    let i = this.indexAt(Math.min(from, end_ns));
    for (let bucket = 0; bucket <= count; bucket++) {
      const t_ns = Math.min(from + bucket * width, end_ns);
      const next = this.indexAt(t_ns, i);
      const code = this.code[next];
      const [first, end] = bucket && next === i && next >= 0 ? [code, Math.min(code + 1, open)] : [0, open];
      i = next; // within one interval nothing but its own code's total grows
      for (let c = first; c < end; c++) {
        const spent = this.#totalUntil(i, c, t_ns);
        if (bucket) shares[(bucket - 1) * open + c] = (spent - before[c]) / width;
        before[c] = spent;
      }
    }
    return shares;
  }

  /** Time spent in a code up to an instant within an interval. @param {number} i @param {number} c @param {number} t_ns */
  #totalUntil(i, c, t_ns) {
    if (i < 0) return 0;
    return this.#integral[i * this.#codes + c] + (this.code[i] === c ? t_ns - this.from_ns[i] : 0);
  }
}

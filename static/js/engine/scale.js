// Nanoseconds to pixels and back, with ticks, plus the texts of instants and durations.

/** @typedef {import("../types").Scale} Scale */

const UNITS = /** @type {const} */ ([
  ["s", 1e9],
  ["ms", 1e6],
  ["µs", 1e3],
  ["ns", 1],
]);

/** The step of 1, 2 or 5 times a power of ten that cuts `span` into at most `count` parts.
 * @param {number} span @param {number} count */
export function tickStep(span, count) {
  const rough = Math.max(span / Math.max(1, count), 1e-9);
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((each) => each * power >= rough * (1 - 1e-12)) ?? 10;
  return factor * power;
}

/** `ns` in the unit of its step, with just the digits that tell two neighbouring steps apart.
 * @param {number} ns @param {number} step_ns @param {number} largest_ns the unit is chosen for this value */
function tickText(ns, step_ns, largest_ns) {
  const largest = Math.max(Math.abs(largest_ns), step_ns);
  const [unit, size] = UNITS.find(([, each]) => largest >= each) ?? UNITS[3];
  const digits = Math.max(0, Math.ceil(-Math.log10(step_ns / size) - 1e-9));
  return `${(ns / size).toFixed(digits)}\u00a0${unit}`;
}

/** The window from_ns..to_ns laid over `width` pixels.
 * @param {number} from_ns @param {number} to_ns @param {number} width @returns {Scale} */
export function createScale(from_ns, to_ns, width) {
  const span = Math.max(to_ns - from_ns, 1);
  const factor = width / span;
  return {
    from_ns,
    to_ns,
    width,
    x: (t_ns) => (t_ns - from_ns) * factor,
    t: (x) => from_ns + (width > 0 ? x / factor : 0),
    ticks(count) {
      const each = Math.max(1, tickStep(span, count));
      const found = [];
      for (let n = Math.ceil(from_ns / each); n * each <= to_ns; n++) {
        found.push({ t_ns: n * each, text: tickText(n * each, each, to_ns) });
      }
      return found;
    },
  };
}

/** A number with its thousands set apart: "65 536". @param {number | string} count */
export const grouped = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, "\u202f");

/** An instant, to the microsecond: "118.604 ms", and before its zero "−1.379 ms".
 * @param {number} t_ns */
export function instant(t_ns) {
  return `${t_ns < 0 ? "\u2212" : ""}${(Math.abs(t_ns) / 1e6).toFixed(3)}\u00a0ms`;
}

/** A length of time with a sensible precision: "1.83 s", "4.0 ms", "0.31 ms", "2.6 µs".
 * @param {number} ns */
export function duration(ns) {
  const size = Math.abs(ns);
  if (size >= 1e9) return `${(ns / 1e9).toFixed(2)}\u00a0s`;
  if (size >= 1e8) return `${(ns / 1e6).toFixed(0)}\u00a0ms`;
  if (size >= 1e6) return `${(ns / 1e6).toFixed(1)}\u00a0ms`;
  if (size >= 1e5) return `${(ns / 1e6).toFixed(2)}\u00a0ms`;
  if (size >= 1e3) return `${(ns / 1e3).toFixed(1)}\u00a0µs`;
  return `${ns.toFixed(0)}\u00a0ns`;
}

// Which window of time a picture shows, on a clock that its trials share, and how a gesture moves it; pure arithmetic.

/** @typedef {import("./layout.js").Layout} Layout */

const MARGIN = 0.015;

/** The visible window on the clock of the trials, each counted from its own zero. The player's window counts from
 * the run's start: the trial it overlaps most says where that is. With fewer than two trials nothing is shifted.
 * @param {{ from_ns: number, to_ns: number }[]} trials @param {number} from_ns @param {number} to_ns
 * @param {number} [end_ns] @param {boolean} [alone] whether one trial of several is shown: it keeps its own zero
 * @returns {{ from_ns: number, to_ns: number, anchor_ns: number, relative: boolean, low_ns: number, high_ns: number }} */
export function visibleWindow(trials, from_ns, to_ns, end_ns = to_ns, alone = false) {
  if (trials.length < (alone ? 1 : 2))
    return { from_ns, to_ns, anchor_ns: 0, relative: false, low_ns: 0, high_ns: Math.max(1, end_ns) };
  const longest = trials.reduce((a, b) => (b.to_ns - b.from_ns > a.to_ns - a.from_ns ? b : a));
  const span = Math.max(1, longest.to_ns - longest.from_ns);
  const [low_ns, high_ns] = [-MARGIN * span, (1 + MARGIN) * span];
  const all = { relative: true, low_ns, high_ns };
  const wide = to_ns - from_ns;
  if (wide >= high_ns - low_ns) return { ...all, from_ns: low_ns, to_ns: high_ns, anchor_ns: longest.from_ns };
  /** @param {{ from_ns: number, to_ns: number }} one */
  const overlap = (one) => Math.min(to_ns, one.to_ns) - Math.max(from_ns, one.from_ns);
  const anchor = trials.reduce((a, b) => (overlap(b) > overlap(a) ? b : a));
  const from = Math.min(Math.max(from_ns - anchor.from_ns, low_ns), high_ns - wide);
  return { ...all, from_ns: from, to_ns: from + wide, anchor_ns: anchor.from_ns };
}

/** The player's window for a window of this clock. @param {Layout} layout @param {number} from_ns @param {number} to_ns */
export const toRunTime = (layout, from_ns, to_ns) => ({
  from_ns: Math.round(from_ns + layout.anchor_ns),
  to_ns: Math.round(to_ns + layout.anchor_ns),
});

const MIN_WINDOW_NS = 20_000;

/** The window for shares of the visible one (0..1 is what is seen), kept within what there is to see; null if that is
 * what is seen already. @param {Layout} layout @param {number} from @param {number} to */
export function clampWindow({ clock, low_ns, high_ns }, from, to) {
  const seen = clock.to_ns - clock.from_ns;
  const wide = Math.min(high_ns - low_ns, Math.max(MIN_WINDOW_NS, seen * (to - from)));
  const middle = clock.from_ns + (seen * (from + to)) / 2;
  const start = Math.min(Math.max(middle - wide / 2, low_ns), high_ns - wide);
  const still = Math.abs(start - clock.from_ns) < seen * 1e-6 && Math.abs(wide - seen) < seen * 1e-6;
  return still ? null : { from_ns: start, to_ns: start + wide };
}

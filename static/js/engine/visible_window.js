// The player's visible window: kept within the run, zoomed, panned, carried along with the playhead. Pure functions.

/** @typedef {import("./player.js").Player} Player */

const MIN_WINDOW_NS = 2_000; // the smallest window
export const DEFAULT_WINDOW_NS = 10e6; // the window before anything is known

/** @param {number} value @param {number} low @param {number} high */
export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** The window that shows all there is; while a run grows, in strides of 1, 2, 5, so that the picture rests in between.
 * @param {Player} player */
export function fullWindow({ end_ns, ended }) {
  if (!end_ns) return { from_ns: 0, to_ns: DEFAULT_WINDOW_NS };
  if (ended) return { from_ns: 0, to_ns: Math.max(end_ns * 1.01, MIN_WINDOW_NS) };
  const power = 10 ** Math.floor(Math.log10(Math.max(end_ns, DEFAULT_WINDOW_NS)));
  return { from_ns: 0, to_ns: ([1, 2, 5, 10].find((each) => each * power >= end_ns) ?? 10) * power };
}

/** The window from..to, kept within the run and above the shortest length.
 * @param {Player} player @param {number} from_ns @param {number} to_ns */
function withBoundedWindow(player, from_ns, to_ns) {
  const limit = fullWindow(player).to_ns;
  const span = clamp(to_ns - from_ns, MIN_WINDOW_NS, limit);
  const from = clamp((from_ns + to_ns - span) / 2, 0, Math.max(0, limit - span));
  return { from_ns: Math.round(from), to_ns: Math.round(from + span) }; // whole, as an address says it
}

/** @param {Player} player @param {number} factor @param {number} at_ns */
export function zoom(player, factor, at_ns) {
  const span = clamp((player.to_ns - player.from_ns) / factor, MIN_WINDOW_NS, fullWindow(player).to_ns);
  const share = (at_ns - player.from_ns) / (player.to_ns - player.from_ns);
  return { ...player, ...withBoundedWindow(player, at_ns - share * span, at_ns + (1 - share) * span), fit: false };
}

/** @param {Player} player @param {number} by_ns */
export function pan(player, by_ns) {
  return {
    ...player,
    ...withBoundedWindow(player, player.from_ns + by_ns, player.to_ns + by_ns),
    fit: false,
    follow: false,
  };
}

/** Moves the window, if it has to, so that the playhead is in it.
 * @param {Player} player @returns {Player} */
export function revealPlayhead(player) {
  const { t_ns, from_ns, to_ns } = player;
  if (t_ns >= from_ns && t_ns <= to_ns) return player;
  const span = to_ns - from_ns;
  return { ...player, ...withBoundedWindow(player, t_ns - span / 2, t_ns + span / 2) };
}

/** Keeps the playhead in the left three quarters while it plays: smoothly, or by pages where motion is reduced.
 * @param {Player} player @returns {Player} */
export function followPlayhead(player) {
  const span = player.to_ns - player.from_ns;
  const edge = player.from_ns + span * (player.reduced ? 1 : 0.75);
  if (player.t_ns <= edge) return revealPlayhead(player);
  const from = player.t_ns - span * (player.reduced ? 0.05 : 0.75);
  return { ...player, ...withBoundedWindow(player, from, from + span) };
}

/** @param {Player} player @param {number} from_ns @param {number} to_ns @returns {Player} */
export function showWindow(player, from_ns, to_ns) {
  return { ...player, ...withBoundedWindow(player, from_ns, to_ns), fit: false, follow: false };
}

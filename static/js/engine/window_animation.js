// The way from one window to another: under 400 ms, slower at both ends; pure arithmetic.

/** @typedef {import("./player.js").Player} Player */
/** @typedef {[from_ns: number, to_ns: number]} Range */
/** @typedef {{ from: Range, to: Range, began_ms: number | null, share: number }} WindowAnimation */

const DURATION_MS = 350;

/** A glide from a player's window; none where movement is by steps, or the window was all there is.
 * @param {Player} player @param {Range} to @returns {WindowAnimation | null} */
export function animateWindow({ reduced, fit, from_ns, to_ns }, to) {
  return reduced || fit ? null : { from: [from_ns, to_ns], to, began_ms: null, share: 0 };
}

/** The player with the window of an instant of the screen's clock. @param {Player} player @param {WindowAnimation} glide kept up to date
 * @param {number} now_ms @returns {Player} */
export function advanceAnimation(player, glide, now_ms) {
  glide.began_ms ??= now_ms;
  glide.share = Math.min(1, (now_ms - glide.began_ms) / DURATION_MS);
  const eased = glide.share * glide.share * (3 - 2 * glide.share);
  const [from_ns, to_ns] = [0, 1].map((end) => glide.from[end] + (glide.to[end] - glide.from[end]) * eased);
  return { ...player, from_ns, to_ns, fit: false };
}

/** @param {WindowAnimation} glide */
export const isFinished = ({ share }) => share >= 1;

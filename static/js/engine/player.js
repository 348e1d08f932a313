// The player as a value: playhead, window, speed, loop, live; every move a pure function.
import {
  clamp,
  DEFAULT_WINDOW_NS,
  followPlayhead,
  fullWindow,
  pan,
  revealPlayhead,
  showWindow,
  zoom,
} from "./visible_window.js";

/** @typedef {import("../types").Intent} Intent */
/**
 * @typedef {object} Player
 * @property {number} t_ns the playhead
 * @property {number} from_ns the visible window …
 * @property {number} to_ns … and its end
 * @property {number} end_ns instant of the last entry
 * @property {boolean} ended no entry will follow
 * @property {boolean} playing
 * @property {boolean} follow the playhead sits on the live end
 * @property {boolean} fit the window shows everything
 * @property {number} speed of real time
 * @property {number | null} selected a task
 * @property {[number, number] | null} loop
 * @property {number | null} stop_ns where playing stops by itself, once
 * @property {boolean} reduced movement by steps (prefers-reduced-motion)
 * @property {number | null} now_ms clock of the last tick
 */
/**
 * @typedef {Intent | { do: "play" | "pause" | "faster" | "slower" | "fit" | "live" | "home" | "end" | "loop-window" }
 *   | { do: "speed", speed: number } | { do: "tick", now_ms: number } | { do: "reduced", reduced: boolean }
 *   | { do: "grew", end_ns: number, ended: boolean } | { do: "window", share: number } | { do: "reset" }
 *   | { do: "stretch", from_ns: number, to_ns: number, speed: number }} Action
 */

/** Steps of speed, evenly on a log scale: 1, 1/2, 1/5 … 1/1000 of real time. */
export const SPEEDS = [1, 1 / 2, 1 / 5, 1 / 10, 1 / 20, 1 / 50, 1 / 100, 1 / 200, 1 / 500, 1 / 1000];
export const SPEED = 1 / 100; // at first
export const SLOWEST = 1 / 10_000; // a step of the text may play slower than the ladder goes
const MAX_FRAME_MS = 250; // a page that was hidden goes on where it was, it does not leap

/** @param {Partial<Player>} [given] @returns {Player} */
export function createPlayer(given = {}) {
  return {
    t_ns: 0,
    from_ns: 0,
    to_ns: DEFAULT_WINDOW_NS,
    end_ns: 0,
    ended: false,
    playing: false,
    follow: false,
    fit: true,
    speed: SPEED,
    selected: null,
    loop: null,
    stop_ns: null,
    reduced: false,
    now_ms: null,
    ...given,
  };
}

/** @param {Player} player @param {Action} action @returns {Player} */
export function reduce(player, action) {
  switch (action.do) {
    case "reset":
      return createPlayer({ speed: player.speed, reduced: player.reduced, now_ms: player.now_ms });
    case "tick":
      return tick(player, action.now_ms);
    case "grew":
      return grow(player, action.end_ns, action.ended);
    case "seek":
      return revealPlayhead({ ...player, follow: false, stop_ns: null, t_ns: clamp(action.t_ns, 0, player.end_ns) });
    case "stretch":
      return playRange(player, action);
    case "home":
      return revealPlayhead({ ...player, follow: false, stop_ns: null, t_ns: 0 });
    case "end":
    case "live":
      return follow(player);
    case "select":
      return { ...player, selected: action.task };
    case "play":
      return play(player);
    case "pause":
      return { ...player, playing: false, follow: false, stop_ns: null };
    case "faster":
    case "slower":
      return { ...player, speed: nextSpeed(player.speed, action.do === "slower" ? 1 : -1) };
    case "speed":
      return { ...player, speed: clamp(action.speed, SLOWEST, 1) };
    case "reduced":
      return { ...player, reduced: action.reduced };
    default:
      return moveWindow(player, action);
  }
}

/** The moves of the window; evidence, action, answer and fold are not about time and move nothing.
 * @param {Player} player @param {Action} action @returns {Player} */
function moveWindow(player, action) {
  switch (action.do) {
    case "fit":
      return { ...player, fit: true, ...fullWindow(player) };
    case "zoom":
      return zoom(player, action.factor, action.at_ns);
    case "pan":
      return pan(player, action.by_ns);
    case "window":
      return pan(player, action.share * (player.to_ns - player.from_ns));
    case "show":
      return showWindow(player, action.from_ns, action.to_ns);
    case "loop":
      return loop(player, action.range);
    case "loop-window":
      return loop(player, player.loop ? null : [player.from_ns, player.to_ns]);
    default:
      return player;
  }
}

/** The next step of the ladder; a speed between two steps goes to the nearer one in that direction.
 * @param {number} speed @param {1 | -1} direction */
function nextSpeed(speed, direction) {
  const found =
    direction > 0
      ? SPEEDS.find((each) => each < speed * 0.999)
      : [...SPEEDS].reverse().find((each) => each > speed * 1.001);
  return found ?? speed;
}

/** Loops over a range, within the log, from its beginning if the playhead is elsewhere.
 * @param {Player} player @param {[number, number] | null} wanted @returns {Player} */
function loop(player, wanted) {
  if (!wanted) return { ...player, loop: null };
  const [from, to] = [Math.min(...wanted), Math.max(...wanted)].map((each) => clamp(each, 0, player.end_ns));
  if (to <= from) return { ...player, loop: null };
  const inside = player.t_ns >= from && player.t_ns < to;
  return revealPlayhead({ ...player, loop: [from, to], follow: false, t_ns: inside ? player.t_ns : from });
}

/** Plays from one instant to another, once; by steps there is nothing between them.
 * @param {Player} player @param {{ from_ns: number, to_ns: number, speed: number }} range @returns {Player} */
function playRange(player, { from_ns, to_ns, speed }) {
  const still = { ...player, speed, follow: false, playing: false, stop_ns: null };
  if (player.reduced) return { ...still, t_ns: to_ns };
  return { ...still, t_ns: from_ns, playing: true, stop_ns: to_ns, now_ms: null };
}

/** @param {Player} player @returns {Player} */
function play(player) {
  if (player.playing || player.follow) return { ...player, playing: false, follow: false, stop_ns: null };
  if (player.t_ns < player.end_ns) return { ...player, playing: true, stop_ns: null, now_ms: null };
  if (!player.ended) return follow(player);
  return revealPlayhead({ ...player, playing: player.end_ns > 0, now_ms: null, t_ns: player.loop?.[0] ?? 0 });
}

/** @param {Player} player @returns {Player} */
function follow(player) {
  return followPlayhead({ ...player, playing: false, stop_ns: null, follow: !player.ended, t_ns: player.end_ns });
}

/** @param {Player} player @param {number} end_ns @param {boolean} ended @returns {Player} */
function grow(player, end_ns, ended) {
  const grown = { ...player, end_ns, ended };
  const shown = player.fit ? { ...grown, ...fullWindow(grown) } : grown;
  return player.follow ? followPlayhead({ ...shown, t_ns: end_ns, follow: !ended }) : shown;
}

/** @param {Player} player @param {number} now_ms @returns {Player} */
function tick(player, now_ms) {
  const passed_ms = player.now_ms === null ? 0 : clamp(now_ms - player.now_ms, 0, MAX_FRAME_MS);
  if (!player.playing) return { ...player, now_ms };
  const t_ns = player.t_ns + passed_ms * 1e6 * player.speed;
  const { loop, end_ns, stop_ns } = player;
  const still = { ...player, playing: false, stop_ns: null };
  if (stop_ns !== null) return t_ns < stop_ns ? { ...player, now_ms, t_ns } : { ...still, now_ms, t_ns: stop_ns };
  if (loop && player.t_ns <= loop[1] && t_ns > loop[1]) return followPlayhead({ ...player, now_ms, t_ns: loop[0] });
  if (t_ns < end_ns) return followPlayhead({ ...player, now_ms, t_ns });
  return followPlayhead({ ...player, now_ms, t_ns: end_ns, playing: false, follow: !player.ended });
}

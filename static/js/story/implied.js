// What the step on screen makes of the address: what the step alone implies is left out.
import { SPEED } from "../engine/player.js";
import { differs } from "./pictures.js";

/**
 * @typedef {object} OnScreen
 * @property {string} step
 * @property {string} preset of the log
 * @property {{ held: import("./log_cache.js").ShownLog, picture: import("./resolver.js").Picture,
 *   scene: import("../types").StepScene } | null} shown the step's picture; null: another log
 * @property {number | null} selected the task that the picture sets apart, whatever the reader selects
 */

/** Parameters of the address in the place of the player's own.
 * @param {OnScreen} screen @param {import("../engine/player.js").Player} player */
export function impliedParams({ step, preset, shown, selected }, player) {
  const words = { step: step || undefined, preset: shown?.scene.preset === preset ? null : preset };
  const none = player.selected === null && selected !== null ? { task: "none" } : {};
  const gone = player.fit || (shown !== null && differs(player, shown.picture)); // "all of it" is near the picture, not it
  if (shown === null || shown.held.id !== null || gone) return { ...words, ...none };
  const speed = player.speed === (shown.picture.play?.speed ?? SPEED) ? null : player.speed;
  return { ...words, t_ns: null, view: null, task: null, speed };
}

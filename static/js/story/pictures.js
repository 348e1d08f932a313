// Which log shows a scene, and as which picture: the reader's own run if it shows the moment, else the recording.
import { find } from "./moments.js";
import { readLogOf } from "./reading.js";
import { resolve } from "./resolver.js";

/** @typedef {import("../types").StepScene} StepScene */
/** @typedef {import("./log_cache.js").ShownLog} Held */
/** @typedef {{ held: Held, picture: import("./resolver.js").Picture,
 *   measured?: import("../types").Scene["measured"] }} Found  `measured`: the two instants that the picture measures between */

/** @param {StepScene} scene @param {import("./log_cache.js").LogCache} shelf @param {(key: string) => void} tell why it is another log,
 *   or none @returns {Promise<Found | null>} */
export async function pictureOf(scene, shelf, tell) {
  const own = shelf.runOf(scene.preset);
  if (own && !own.log.ended) return null; // it is shown once it is over: until then its live end is
  const shown = own && pictureOn(own, scene);
  if (shown) return shown;
  try {
    const held = await shelf.recording(scene.preset);
    const recorded = held && pictureOn(held, scene);
    if (own) tell(recorded ? "story.not_shown" : "story.no_moment");
    else if (!held) tell("story.no_recording");
    return recorded;
  } catch {
    tell("status.unplayable");
    return null;
  }
}

/** @param {Held} held @param {StepScene} scene @returns {Found | null} null if this log does not show the scene's moment */
export function pictureOn(held, scene) {
  const log = readLogOf(held.log.tracks);
  const picture = resolve(scene, log);
  const ends = scene.measure?.flatMap((moment) => find(moment, log) ?? []);
  const measured = ends?.length === 2 ? ends.map(({ at_ns: t_ns, task }) => ({ t_ns, task })) : undefined;
  return picture && { held, picture, measured };
}

/** Whether the reader has gone elsewhere; while the scene's stretch plays, nobody has. @param {import("../engine/player.js").Player} player
 * @param {import("./resolver.js").Picture} picture */
export function differs(player, { from_ns, to_ns, at_ns, selected }) {
  if (player.stop_ns !== null) return false;
  const moved = Math.abs(player.from_ns - from_ns) + Math.abs(player.to_ns - to_ns) > (to_ns - from_ns) / 50;
  return moved || player.t_ns !== at_ns || player.selected !== selected;
}

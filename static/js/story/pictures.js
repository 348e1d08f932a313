// Which log shows a scene, and as which picture: the reader's own run if it shows the moment, else the recording.

import { readLogOf } from "./log_index.js";
import { find } from "./moments.js";
import { resolve } from "./resolver.js";

/** @typedef {import("../types").StepScene} StepScene */
/** @typedef {import("./log_cache.js").ShownLog} Held */
/** @typedef {{ held: Held, picture: import("./resolver.js").Picture,
 *   measured?: import("../types").Scene["measured"] }} Found  `measured`: the two instants that the picture measures between */

/** @param {StepScene} scene @param {import("./log_cache.js").LogCache} shelf @param {(key: string) => void} tell why it is another log,
 *   or none @param {boolean} recorded whether it is to be the recording, whatever the reader has run @returns {Promise<Found | null>} */
export async function pictureOf(scene, shelf, tell, recorded) {
  const own = recorded ? null : shelf.runOf(scene.preset);
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

/** The scenes that may show a preset of the reader's choice, the best first: its own from this step on; for a preset that no
 * step is about, the one that decides the question, then any. @param {Pick<import("../types").Page, "scenes" | "see">} page
 * @param {string} step @param {string} preset @returns {StepScene[]} */
export function scenesOfPreset({ scenes, see }, step, preset) {
  const here = scenes.findIndex((each) => each.step === step);
  const own = [...scenes.slice(Math.max(0, here)), ...scenes].find((each) => each.preset === preset);
  if (own) return [own];
  const decidingFirst = scenes.toSorted((a, b) => Number(b.step === see) - Number(a.step === see));
  return decidingFirst.map((each) => ({ ...each, preset }));
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

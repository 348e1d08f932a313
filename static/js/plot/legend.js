// The key to the picture: only the states this run has shown, in words beside their bars.

import { timelineOf } from "../engine/timeline.js";
import { html, write } from "./svg.js";

const STATES = ["ready", "running", "blocked", "stopped", "zombie"]; // the order of Track.state
const LEAST = [0, 0, 0, 0, 0.004]; // a zombie of a few µs, as after every normal end, is too short to be seen
const ORDER = ["running", "ready", "blocked", "stopped", "zombie", "wake", "lost", "unknown"];

/** @param {import("../types").Say} say @param {boolean} [whole] whether the picture goes on behind a veiled playhead */
export function createLegend(say, whole = false) {
  const items = new Map(
    ORDER.map((state) => {
      const word = html("span");
      write(word, say(`legend.${state}`));
      return [
        state,
        html("li", { hidden: true }, html("i", { class: `swatch ${state}`, "aria-hidden": "true" }), word),
      ];
    }),
  );
  const root = html("ul", { class: "legend" }, ...items.values());
  /** @type {import("../types").Tracks | null} */
  let drawn = null;
  let version = -1;
  /** @type {number | null} */
  let until = null;

  return {
    root,
    /** @param {import("../types").Scene} scene */
    draw(scene) {
      const until_ns = scene.veiled ? scene.t_ns : null;
      if (scene.version === version && scene.tracks === drawn && until_ns === until) return;
      [version, drawn, until] = [scene.version, scene.tracks, until_ns];
      const states = seen(scene, whole);
      for (const [state, item] of items) item.hidden = !states.has(state); // another log may lack what the last one had
    },
  };
}

/** What the picture shows; of an open question no more than was before the playhead. @param {import("../types").Scene} scene
 * @param {boolean} whole @returns {Set<string>} */
export function seen({ tracks, version, last, veiled, t_ns }, whole) {
  /** @type {Set<string>} */
  const states = new Set(timelineOf(tracks, version).lost.length ? ["lost"] : []);
  if (veiled) states.add("unknown");
  if (last.counts.woken > 0) states.add("wake");
  const end_ns = veiled && !whole ? t_ns : tracks.end_ns;
  for (const task of tracks.tasks()) {
    const shares = tracks.shares(task, 0, Math.max(1, end_ns), 1);
    STATES.forEach((state, code) => {
      if (shares[code] > LEAST[code]) states.add(state);
    });
  }
  return states;
}

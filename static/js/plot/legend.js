// The key to the picture: only the states this run has shown, in words beside their bars.

import { timelineOf } from "../engine/timeline.js";
import { html, write } from "./svg.js";

const STATES = ["ready", "running", "blocked", "stopped", "zombie"]; // the order of Lane.state
const LEAST = [0, 0, 0, 0, 0.004]; // a zombie of a few µs, as after every normal end, is too short to be seen
const ORDER = ["running", "ready", "blocked", "stopped", "zombie", "wake", "lost"];

/** @param {import("../types").Say} say */
export function createLegend(say) {
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

  return {
    root,
    /** @param {import("../types").Scene} scene */
    draw(scene) {
      if (scene.version === version && scene.tracks === drawn) return;
      [version, drawn] = [scene.version, scene.tracks];
      const states = seen(scene);
      for (const [state, item] of items) item.hidden = !states.has(state); // another log may lack what the last one had
    },
  };
}

/** @param {import("../types").Scene} scene @returns {Set<string>} */
function seen({ tracks, version, last }) {
  /** @type {Set<string>} */
  const states = new Set(timelineOf(tracks, version).lost.length ? ["lost"] : []);
  if (last.counts.woken > 0) states.add("wake");
  for (const task of tracks.tasks()) {
    const shares = tracks.shares(task, 0, Math.max(1, tracks.end_ns), 1);
    STATES.forEach((state, code) => {
      if (shares[code] > LEAST[code]) states.add(state);
    });
  }
  return states;
}

// The scene that every view is given: player, log and what the reader chose, as one value.
import { createClock } from "../engine/clock.js";
import { createScale } from "../engine/scale.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {{ guess: string | null, lanes: "task" | "core", only: NonNullable<Scene["only"]>, moment_ns: number | null }} Chosen */

/** @param {import("../engine/log.js").Log} log @param {import("../engine/player.js").Player} player
 * @param {{ recorded: boolean, live: boolean }} shown @param {Chosen} chosen
 * @param {{ width: number, say: import("../types").Say, page: import("../types").Page }} around @returns {Scene} */
export function compose(log, player, shown, chosen, { width, say, page }) {
  const { history, tracks, version, ended } = log;
  const { t_ns, end_ns, playing, follow, speed, selected, loop, reduced, from_ns, to_ns } = player;
  const last = history.last();
  return {
    ...{ world: history.seek(t_ns), last, tracks, version, recorded: shown.recorded, live: shown.live && !ended },
    ...{ t_ns, end_ns, speed, selected, loop, reduced, playing: playing || follow, ...chosen },
    scale: createScale(from_ns, to_ns, width),
    projector: document.documentElement.classList.contains("projector"),
    ...createClock(last, say, page.labels, page.views.includes("calls")),
  };
}

// Composes the scene that every view draws: the player's state, the log and the reader's choices, as one value.
import { createClock } from "../engine/clock.js";
import { createScale } from "../engine/scale.js";
import { veiled } from "./page.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {{ id: string | null, preset: string, recorded: boolean, live: boolean, own?: boolean }} LogSource what the log on
 *  screen is of */
/** @typedef {{ guess: string | null, lanes: "task" | "core", only: NonNullable<Scene["only"]>, moment_ns: number | null,
 *   measured?: Scene["measured"] }} ReaderChoices */

/** @param {import("../engine/log.js").Log} log @param {import("../engine/player.js").Player} player
 * @param {Pick<LogSource, "recorded" | "live" | "own">} source @param {ReaderChoices} choices
 * @param {{ width: number, say: import("../types").Say, page: import("../types").Page }} around @returns {Scene} */
export function composeScene(log, player, source, choices, { width, say, page }) {
  const { history, tracks, version, ended } = log;
  const { t_ns, end_ns, playing, follow, speed, selected, loop, reduced, from_ns, to_ns } = player;
  const last = history.atEnd();
  return {
    ...{ world: history.seek(t_ns), last, tracks, version },
    ...{ recorded: source.recorded, live: source.live && !ended, own: source.own },
    ...{ t_ns, end_ns, speed, selected, loop, reduced, playing: playing || follow, ...choices },
    scale: createScale(from_ns, to_ns, width),
    veiled: veiled(),
    projector: document.documentElement.classList.contains("projector"),
    ...createClock(last, say, page.labels, page.views.includes("calls")),
  };
}

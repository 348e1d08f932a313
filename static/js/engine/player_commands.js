// Commands: names on the toolbar and of keys → actions of the player, given where things are in the log.

/** @typedef {import("./player.js").Player} Player */
/** @typedef {import("./player.js").Action} Action */
/** @typedef {import("../types").Tracks} Tracks */

const ZOOM = 1.6; // one press of + or −
const PAN = 0.2; // of the window, one press of shift and an arrow

/** The move a name stands for, or null if it is none of the player's (help, projector, steps) or there is nothing to do.
 * @param {string} name @param {Player} player @param {Tracks} tracks @returns {Action | null} */
export function actionForCommand(name, player, tracks) {
  const { t_ns, selected } = player;
  switch (name) {
    case "next":
      return seek(tracks.next(t_ns));
    case "previous":
      return seek(tracks.previous(t_ns));
    case "next-change":
      return seek(selected === null ? tracks.next(t_ns) : tracks.change(selected, t_ns, 1));
    case "previous-change":
      return seek(selected === null ? tracks.previous(t_ns) : tracks.change(selected, t_ns, -1));
    case "zoom-in":
      return { do: "zoom", factor: ZOOM, at_ns: centre(player) };
    case "zoom-out":
      return { do: "zoom", factor: 1 / ZOOM, at_ns: centre(player) };
    case "pan-left":
      return { do: "window", share: -PAN };
    case "pan-right":
      return { do: "window", share: PAN };
    case "loop":
      return { do: "loop-window" };
    case "play":
    case "faster":
    case "slower":
    case "fit":
    case "live":
    case "home":
    case "end":
      return { do: name };
    default:
      return null;
  }
}

/** @param {number | null} t_ns @returns {Action | null} */
function seek(t_ns) {
  return t_ns === null ? null : { do: "seek", t_ns };
}

/** Zooming by keys keeps the playhead where it is on screen. @param {Player} player */
function centre({ t_ns, from_ns, to_ns }) {
  return t_ns >= from_ns && t_ns <= to_ns ? t_ns : (from_ns + to_ns) / 2;
}

// The initial view, where a screen begins: the place that the address names, else the lesson's opening, else a recording's beginning.

/** @typedef {import("../engine/player.js").Action} Action */

/** The moves that go there; none where the screen stays where it is.
 * @param {import("./url_state.js").UrlState} place @param {import("../types").Page["opening"]} opening of the lesson
 * @param {boolean} recorded whether a recording is shown @returns {Action[]} */
export function initialActions(place, opening, recorded) {
  const [from_ns, to_ns] = placed(place.view) ?? [opening?.from_ns ?? null, opening?.to_ns ?? null];
  const t_ns = place.t_ns ?? opening?.t_ns ?? (recorded ? 0 : null);
  const speed = place.speed ?? opening?.speed ?? null;
  /** @type {Action[]} */
  const actions = [];
  if (speed !== null) actions.push({ do: "speed", speed });
  if (t_ns !== null) actions.push({ do: "seek", t_ns });
  if (place.view === "all") actions.push({ do: "fit" });
  else if (from_ns !== null && to_ns !== null) actions.push({ do: "show", from_ns, to_ns });
  if (place.task !== null) actions.push({ do: "select", task: place.task === "none" ? null : place.task });
  return actions;
}

/** @param {import("./url_state.js").UrlState["view"]} view */
const placed = (view) => (view === "all" ? null : view);

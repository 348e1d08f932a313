// What the log on screen says of a claim at the playhead.

/** @typedef {import("../types").World} World */

/** The verdicts that the playhead has passed, in the order in which they came about. While a run lives a verdict counts
 *  from its entry on; a log that has ended knows the instant it is about (`at_ns`), however late it was settled.
 * @param {{ world: World, last: World, t_ns: number }} scene @returns {World["claims"]} */
export function claimsAt({ world, last, t_ns }) {
  if (!last.ended) return world.claims;
  const passed = [...last.claims.values()].filter(({ at_ns }) => at_ns != null && at_ns <= t_ns);
  passed.sort((a, b) => (a.at_ns ?? 0) - (b.at_ns ?? 0));
  const shown = new Map(world.claims);
  for (const fact of passed) {
    shown.delete(fact.claim); // the order is that of the instants
    shown.set(fact.claim, fact);
  }
  return shown;
}

/** Whether a claim holds: "open" until the log says it. @param {World["claims"]} claims @param {string} name
 * @returns {"yes" | "no" | "open"} */
export function claimHeld(claims, name) {
  const fact = claims.get(name);
  if (!fact) return "open";
  return fact.kind === "claim.held" ? "yes" : "no";
}

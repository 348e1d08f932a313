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

const WORDS = { yes: "claims.held", no: "claims.broken", open: "claims.open" };

/** The label for how a claim stands at the playhead. Of a log that has ended it is known whether it comes later.
 * @param {{ last: World }} scene @param {World["claims"]} claims what {@link claimsAt} says @param {string} name */
export function claimWord({ last }, claims, name) {
  const held = claimHeld(claims, name);
  if (held !== "open" || !last.ended) return WORDS[held];
  return last.claims.has(name) ? "claims.later" : "claims.absent";
}

/** The claim that held last before the playhead, or null if that was in an earlier trial, or left of the window: what has
 *  been left behind says nothing of this picture.
 * @param {Pick<import("../types").Scene, "world" | "last" | "t_ns" | "scale">} scene */
export function latestHeld(scene) {
  const begun_ns = scene.world.trials.at(-1)?.from_ns ?? 0;
  const held = [...claimsAt(scene).values()].filter(
    (fact) => fact.kind === "claim.held" && (fact.at_ns ?? begun_ns) >= begun_ns,
  );
  const last = held.at(-1);
  return last && (last.at_ns ?? scene.scale.from_ns) >= scene.scale.from_ns ? last.claim : null;
}

// What the one clock of a screen says: in a run of several trials every instant counts from its own trial.
import { instant } from "./scale.js";

/** @typedef {import("../types").World} World */
/** @typedef {Pick<World, "trials" | "calls">} LogFacts what the log as a whole says of trials and calls */

/** From where a trial's picture counts: its start, or its first call where calls are what is laid side by side.
 * @param {LogFacts} last @param {World["trials"][number]} trial @param {boolean} byCall */
function clockZero({ calls }, trial, byCall) {
  const inside = byCall ? [...calls.values()].map((call) => call.from_ns).filter((t_ns) => t_ns >= trial.from_ns) : [];
  const first = inside.length ? Math.min(...inside) : Infinity;
  return first < (trial.to_ns ?? Infinity) ? first : trial.from_ns;
}

/** The trial that an instant belongs to, or null where there is nothing to tell apart. @param {LogFacts} last @param {number} t_ns */
const trialAt = ({ trials }, t_ns) =>
  trials.length > 1 ? (trials.findLast((each) => each.from_ns <= t_ns) ?? trials[0]) : null;

/** The texts of instants for one log.
 * @param {LogFacts} last @param {import("../types").Say} say @param {Record<string, string>} labels @param {boolean} byCall
 * @returns {Pick<import("../types").Scene, "time" | "place">} "84.707 ms", and "one core 84.707 ms" */
export function createClock(last, say, labels, byCall) {
  /** @param {number} t_ns */
  const time = (t_ns) => {
    const trial = trialAt(last, t_ns);
    return instant(trial ? t_ns - clockZero(last, trial, byCall) : t_ns);
  };
  return {
    time,
    place(t_ns) {
      const trial = trialAt(last, t_ns);
      const key = `trial.${trial?.label}`;
      if (!trial) return time(t_ns);
      return `${Object.hasOwn(labels, key) ? say(key) : say("lanes.trial", { trial: trial.trial })} ${time(t_ns)}`;
    },
  };
}

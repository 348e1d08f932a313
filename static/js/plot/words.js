// Names, states and instants as words, through say(); the words themselves come from the page.
import { duration, instant } from "../engine/scale.js";

/** @typedef {import("../types").Say} Say */
/** @typedef {import("../engine/timeline.js").Timeline} Timeline */
/** @typedef {import("../types").Interval} Interval */

/** The word for a key a lesson may have given, with or without its prefix; else the key itself.
 * @param {Record<string, string>} labels @param {Say} say @param {string} prefix @param {string} key */
export function labelOf(labels, say, prefix, key) {
  if (`${prefix}.${key}` in labels) return say(`${prefix}.${key}`);
  return key in labels ? say(key) : key;
}

/** @param {Timeline} timeline @param {number} task @param {Say} say @param {string | null} [outside] */
export function taskName(timeline, task, say, outside = null) {
  if (task === 0) return say("who.launcher");
  if (task < 0) return outside ?? say("who.outside");
  const { name = `#${task}`, role } = timeline.tasks.get(task) ?? {};
  return spokenName(name, say, role);
}

const ROLES = /^(caller|worker|writer|peer|late)( \d+)?$/;

/** A task that is named by its part in the experiment, or by the signal that it gets, has the word for that in the page's
 * language: a signal is not what sleeps and ends. A program keeps its name.
 * @param {string} name @param {Say} say @param {string | null} [part] its role */
export function spokenName(name, say, part = null) {
  if (part && /^SIG[A-Z]+$/.test(name)) return say(`lanes.role.${part}`);
  const [, role, number = ""] = ROLES.exec(name) ?? [];
  return role ? `${say(`lanes.role.${role}`)}${number}` : name;
}

/** @param {import("../engine/timeline.js").Trial} trial @param {Record<string, string>} labels @param {Say} say */
export function trialName(trial, labels, say) {
  if (trial.label) return labelOf(labels, say, "trial", trial.label);
  return say("lanes.trial", { trial: trial.trial });
}

/** What a task does in an interval: "running on CPU 0", "blocked (futex)"; without one it is not yet born, or gone.
 * @param {Say} say @param {Interval | null} one @param {boolean} [gone] */
export function stateText(say, one, gone = false) {
  if (!one) return say(gone ? "what.gone" : "what.unborn");
  if (one.state === "running") return say("what.running", { cpu: one.cpu ?? "?" });
  if (one.state === "blocked" && one.waits_for)
    return say("what.blocked_reason", { reason: say(`waits.${one.waits_for}`) });
  return say(`what.${one.state}`);
}

/** One line about a task at an instant: when, who, what it does and how long; and the interval it is in.
 * @param {Say} say @param {Timeline} timeline @param {import("../types").Tracks} tracks @param {number} task @param {number} t_ns
 * @param {number} zero_ns the instant counts from here */
export function readout(say, timeline, tracks, task, t_ns, zero_ns) {
  const interval = tracks.at(task, t_ns);
  const gone = t_ns > (timeline.tasks.get(task)?.died_ns ?? Infinity);
  const slots = {
    time: instant(t_ns - zero_ns),
    name: taskName(timeline, task, say),
    what: stateText(say, interval, gone),
  };
  if (!interval || interval.to_ns === null) return { interval, text: say("readout.open", slots) };
  return { interval, text: say("readout.line", { ...slots, length: duration(interval.to_ns - interval.from_ns) }) };
}

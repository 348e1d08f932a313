// Facts, states and instants as words, through say(); the words themselves come from the page.
import { duration, instant } from "../engine/scale.js";

/** @typedef {import("../types").Say} Say */
/** @typedef {import("../engine/timeline.js").Timeline} Timeline */
/** @typedef {import("../types").Interval} Interval */
/** @typedef {import("../types").Fact} Fact */

/** The word for a key a lesson may have given, with or without its prefix; else the key itself.
 * @param {Record<string, string>} labels @param {Say} say @param {string} prefix @param {string} key */
export function word(labels, say, prefix, key) {
  if (`${prefix}.${key}` in labels) return say(`${prefix}.${key}`);
  return key in labels ? say(key) : key;
}

/** @param {Timeline} timeline @param {number} task @param {Say} say @param {string | null} [outside] */
export function nameOf(timeline, task, say, outside = null) {
  if (task === 0) return say("who.launcher");
  if (task < 0) return outside ?? say("who.outside");
  return spokenName(timeline.tasks.get(task)?.name ?? `#${task}`, say);
}

const ROLES = /^(caller|worker|writer|peer|late)( \d+)?$/;

/** A task that is named by its part in the experiment has that word in the page's language; a program keeps its name.
 * @param {string} name @param {Say} say */
export function spokenName(name, say) {
  const [, role, number = ""] = ROLES.exec(name) ?? [];
  return role ? `${say(`lanes.role.${role}`)}${number}` : name;
}

/** @param {import("../engine/timeline.js").Trial} trial @param {Record<string, string>} labels @param {Say} say */
export function trialName(trial, labels, say) {
  if (trial.label) return word(labels, say, "trial", trial.label);
  return say("lanes.trial", { trial: trial.trial });
}

/** What a task does in an interval: "running on CPU 0", "blocked (futex)"; without one it is not yet born, or gone.
 * @param {Say} say @param {Interval | null} one @param {boolean} [gone] */
export function what(say, one, gone = false) {
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
  const slots = { time: instant(t_ns - zero_ns), name: nameOf(timeline, task, say), what: what(say, interval, gone) };
  if (!interval || interval.to_ns === null) return { interval, text: say("readout.open", slots) };
  return { interval, text: say("readout.line", { ...slots, length: duration(interval.to_ns - interval.from_ns) }) };
}

/** The state before a change, where the log did not show it. */
const BEFORE = /** @type {Record<string, string>} */ ({
  dispatched: "ready",
  preempted: "running",
  woken: "blocked",
  waits: "running",
  stopped: "running",
  continued: "stopped",
  exited: "running",
});

/** A change of state as one sentence. @param {Say} say @param {Timeline} timeline
 * @param {Extract<import("../types").Fact, { kind: "task.state" }>} fact @param {string | null} before */
export function changeLine(say, timeline, fact, before) {
  const from = say(`state.${before ?? BEFORE[fact.cause] ?? "ready"}`);
  const slots = { name: nameOf(timeline, fact.task, say), from, to: say(`state.${fact.state}`), cpu: fact.cpu ?? "?" };
  if (fact.cause === "waits" && fact.waits_for) {
    return say("line.waits_reason", { ...slots, reason: say(`waits.${fact.waits_for}`) });
  }
  if (fact.cause === "woken" && fact.by != null) {
    return say("line.woken_by", { ...slots, by: nameOf(timeline, fact.by, say, fact.by_name ?? null) });
  }
  return say(`line.${fact.cause}`, slots);
}

/** Any other fact as one sentence; null for those that are figures, not events.
 * @param {Say} say @param {Timeline} timeline @param {Fact} fact @param {Record<string, string>} labels
 * @returns {string | null} */
export function factLine(say, timeline, fact, labels) {
  return "task" in fact && fact.task != null && !fact.kind.startsWith("claim.")
    ? taskLine(say, nameOf(timeline, fact.task, say), fact, labels)
    : runLine(say, timeline, fact, labels);
}

/** @param {Say} say @param {Timeline} timeline @param {Fact} fact @param {Record<string, string>} labels */
function runLine(say, timeline, fact, labels) {
  switch (fact.kind) {
    case "run.started":
      return say("line.run_started");
    case "run.ended":
      return say("line.run_ended");
    case "run.stepped_down":
      return say("line.stepped_down", { tier: say(`tier.${fact.tier}`) });
    case "trial.started":
    case "trial.ended":
      return trialLine(say, timeline, fact, labels);
    case "signal.sent":
      return say("line.signal", { name: nameOf(timeline, fact.to, say), signal: fact.signal });
    case "action.taken":
      return say("line.action", { action: word(labels, say, "action", fact.action) });
    case "claim.held":
      return say("line.claim_held", { claim: word(labels, say, "claim", fact.claim) });
    case "claim.broken":
      return say("line.claim_broken", { claim: word(labels, say, "claim", fact.claim) });
    case "log.lost":
      return say("line.lost", { count: fact.count });
    default:
      return null;
  }
}

/** @param {Say} say @param {string} name of its task @param {Fact} fact @param {Record<string, string>} labels */
function taskLine(say, name, fact, labels) {
  switch (fact.kind) {
    case "task.born":
      return say("line.task_born", { name: fact.name, pid: fact.pid });
    case "task.died":
      return fact.signal == null
        ? say("line.died_code", { name, code: fact.code ?? 0 })
        : say("line.died_signal", { name, signal: fact.signal });
    case "task.reaped":
      return say("line.reaped", { name });
    case "step":
      return say("line.step", { name, step: word(labels, say, "step", fact.label) });
    case "call.started":
      return say("line.call_started", { name, style: fact.style });
    case "call.returned":
      return say("line.call_returned", { name, style: fact.style, result: fact.result ?? "–" });
    case "call.notified":
      return say("line.call_notified", { name, style: fact.style });
    case "output":
      return say("line.output", { name, text: fact.text.slice(0, 60).trimEnd() });
    default:
      return null;
  }
}

/** @param {Say} say @param {Timeline} timeline @param {{ kind: string, trial: number }} fact @param {Record<string, string>} labels */
function trialLine(say, timeline, fact, labels) {
  const trial = timeline.trials.find((one) => one.trial === fact.trial);
  const name = trial ? trialName(trial, labels, say) : say("lanes.trial", { trial: fact.trial });
  return say(fact.kind === "trial.started" ? "line.trial_started" : "line.trial_ended", { trial: name });
}

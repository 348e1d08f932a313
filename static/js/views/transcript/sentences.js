// Facts as sentences, for the transcript, through say(); the words themselves are the page's.
import { labelOf, taskName, trialName } from "../../plot/words.js";

/** @typedef {import("../../types").Say} Say */
/** @typedef {import("../../engine/timeline.js").Timeline} Timeline */
/** @typedef {import("../../types").Fact} Fact */

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
 * @param {Extract<import("../../types").Fact, { kind: "task.state" }>} fact @param {string | null} before */
export function changeLine(say, timeline, fact, before) {
  const from = say(`state.${before ?? BEFORE[fact.cause] ?? "ready"}`);
  const slots = {
    name: taskName(timeline, fact.task, say),
    from,
    to: say(`state.${fact.state}`),
    cpu: fact.cpu ?? "?",
  };
  if (fact.cause === "waits" && fact.waits_for) {
    return say("line.waits_reason", { ...slots, reason: say(`waits.${fact.waits_for}`) });
  }
  if (fact.cause === "woken" && fact.by != null) {
    return say("line.woken_by", { ...slots, by: taskName(timeline, fact.by, say, fact.by_name ?? null) });
  }
  return say(`line.${fact.cause}`, slots);
}

/** Any other fact as one sentence; null for those that are figures, not events.
 * @param {Say} say @param {Timeline} timeline @param {Fact} fact @param {Record<string, string>} labels
 * @returns {string | null} */
export function factLine(say, timeline, fact, labels) {
  return "task" in fact && fact.task != null && !fact.kind.startsWith("claim.")
    ? taskLine(say, taskName(timeline, fact.task, say), fact, labels)
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
      return say("line.signal", { name: taskName(timeline, fact.to, say), signal: fact.signal });
    case "action.taken":
      return say("line.action", { action: labelOf(labels, say, "action", fact.action) });
    case "claim.held":
      return say("line.claim_held", { claim: labelOf(labels, say, "claim", fact.claim) });
    case "claim.broken":
      return say("line.claim_broken", { claim: labelOf(labels, say, "claim", fact.claim) });
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
      return say("line.step", { name, step: labelOf(labels, say, "step", fact.label) });
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

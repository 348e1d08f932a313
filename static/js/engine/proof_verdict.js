// The verdict on a whole run: what run.ended says, or the same rule over the log of a recording that does not say it yet.
// server/log/proof_verdict.py is the rule; tests/js/proof.vectors.json holds both to the same answers.

/** @typedef {import("../types").Entry} Entry */
/** @typedef {import("../types").RunProof} RunProof */

/** @param {Iterable<Pick<Entry, "fact" | "source">>} entries all of a log, in any order; those of kind task.state may be missing
 * @returns {RunProof | null} null while the run has not ended */
export function proofOf(entries) {
  /** @type {Map<number, string>} */
  const verdicts = new Map();
  /** @type {Set<number>} */
  const started = new Set(); // a task has a role, or a name told too late for its birth, from the stage only
  let [lost, sampled, over] = [0, false, false];
  for (const { fact, source } of entries) {
    switch (fact.kind) {
      case "run.started": case "run.stepped_down": sampled ||= fact.tier === "sampled"; break;
      case "task.born": if (fact.role != null) started.add(fact.task); break;
      case "task.renamed": if (source === "told") started.add(fact.task); break;
      case "proof.checked": verdicts.set(fact.task, fact.verdict); break;
      case "log.lost": lost += fact.count; break;
      case "run.ended": if (fact.proof) return fact.proof; over = true; break;
      default:
    }
  }
  return over ? judge(verdicts, started, lost, sampled) : null;
}

/** @param {Map<number, string>} verdicts @param {Set<number>} started @param {number} lost @param {boolean} sampled
 * @returns {RunProof} */
function judge(verdicts, started, lost, sampled) {
  const tasks = [...new Set([...started, ...verdicts.keys()])];
  const owed = tasks.filter((task) => started.has(task) || verdicts.get(task) !== "not_proved").length;
  const proved = tasks.filter((task) => verdicts.get(task) === "proved").length;
  const differs = lost > 0 || [...verdicts.values()].includes("differs");
  const all = started.size > 0 && proved === owed ? "proved" : "not_proved";
  return { verdict: sampled ? "sampled" : differs ? "differs" : all, proved, owed, unread: tasks.length - owed, lost };
}

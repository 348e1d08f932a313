// The verdict on a whole run: what run.ended says, or the same rule over the log of a recording that does not say it yet.
// server/log/proof_verdict.py is the rule; tests/js/proof.vectors.json holds both to the same answers.

/** @typedef {import("../types").Entry} Entry */
/** @typedef {import("../types").RunProof} RunProof */

/** @param {Iterable<Pick<Entry, "fact" | "source">>} entries all of a log, in any order; those of kind task.state may be missing
 * @returns {RunProof | null} null while the run has not ended */
export function proofOf(entries) {
  const read = { verdicts: new Map(), started: new Set(), lost: 0, sampled: false };
  let over = false;
  for (const { fact, source } of entries) {
    if (fact.kind === "run.ended" && fact.proof) return fact.proof;
    over ||= fact.kind === "run.ended";
    collect(read, fact, source);
  }
  return over ? verdictOn(read) : null;
}

/** @typedef {{ verdicts: Map<number, string>, started: Set<number>, lost: number, sampled: boolean }} LogProofs `started`: tasks of
 *   the stage, for only they have a role, or a name told too late for their birth */

/** @param {LogProofs} read @param {Entry["fact"]} fact @param {Entry["source"]} source */
function collect(read, fact, source) {
  if (fact.kind === "run.started" || fact.kind === "run.stepped_down") read.sampled ||= fact.tier === "sampled";
  else if (fact.kind === "task.born" && fact.role != null) read.started.add(fact.task);
  else if (fact.kind === "task.renamed" && source === "told") read.started.add(fact.task);
  else if (fact.kind === "proof.checked") read.verdicts.set(fact.task, fact.verdict);
  else if (fact.kind === "log.lost") read.lost += fact.count;
}

/** @param {LogProofs} read @returns {RunProof} */
function verdictOn({ verdicts, started, lost, sampled }) {
  const tasks = [...new Set([...started, ...verdicts.keys()])];
  const owed = tasks.filter((task) => started.has(task) || verdicts.get(task) !== "not_proved").length;
  const proved = tasks.filter((task) => verdicts.get(task) === "proved").length;
  const differs = lost > 0 || [...verdicts.values()].includes("differs");
  const all = started.size > 0 && proved === owed ? "proved" : "not_proved";
  return { verdict: sampled ? "sampled" : differs ? "differs" : all, proved, owed, unread: tasks.length - owed, lost };
}

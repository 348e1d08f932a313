// The proofs of a run's tasks added up: records against the kernel's own counters, and the badge's text about them.
import { proofOf } from "../engine/proof_verdict.js";
import { timelineOf } from "../engine/timeline.js";

/** @typedef {Extract<import("../types").Fact, { kind: "proof.checked" }>} Proof */
/** @typedef {import("../types").RunProof} RunProof */
/** @typedef {{ out: number, voluntary: number, preempted: number, involuntary: number, exit: number, total: number,
 *   read: number }} Counters */
/** @typedef {{ proofs: Proof[], verdict: RunProof | null }} ProofResult the newest proof of each task; null before the run's end */

/** The proof concerns the whole run, so it is read from the whole log. @param {import("../types").Scene} scene
 * @returns {ProofResult} */
export function proofResult({ tracks, version }) {
  const { proofs } = timelineOf(tracks, version);
  const entries = [...tracks.otherEntries(-Infinity, Infinity)].map(({ entry }) => entry);
  return { proofs: [...proofs.values()].sort((a, b) => a.task - b.task), verdict: proofOf(entries) };
}

/** The counters of all tasks whose counters were read, `read` of them; `exit` is how often a zombie must have left its core
 * after its EXIT record, which the kernel counts and records no more: once for good, and once for each dispatch it had
 * meanwhile. @param {Proof[]} proofs @returns {Counters} */
export function sumCounters(proofs) {
  const sum = { out: 0, voluntary: 0, preempted: 0, involuntary: 0, exit: 0, total: 0, read: 0 };
  for (const proof of proofs) {
    if (proof.verdict === "not_proved" || proof.voluntary == null) continue; // those proved by their tree have no own counters
    sum.read++;
    sum.out += proof.out;
    sum.voluntary += proof.voluntary ?? 0;
    sum.preempted += proof.preempted;
    sum.involuntary += proof.involuntary ?? 0;
    if (proof.how === "zombie") sum.exit += 1 + (proof.dispatches ?? 0) - proof.dispatched;
  }
  sum.total = sum.voluntary + sum.involuntary;
  return sum;
}

/** The badge's text: the verdict, of how many tasks, and the counters it rests on.
 * @param {RunProof | null} proof null before the run's end @param {Counters} sum @param {import("../types").Say} say */
export function badgeText(proof, sum, say) {
  if (!proof) return say("proof.open");
  const parts = [say(`proof.${proof.verdict}`)];
  if (proof.proved) parts.push(say(proof.unread ? "proof.tasks_beside" : "proof.tasks", { ...proof }));
  const suffix = proof.verdict === "differs" ? "_differ" : sum.exit ? "_exit" : "";
  if (sum.read || proof.lost) parts.push(say(`proof.figures${suffix}`, { ...sum, lost: proof.lost }));
  return parts.join(" · ");
}

/** "5 = 5", "5 ≠ 6", "5 + 1 = 6" for a zombie whose exit explains the rest, or "5 / –" where the kernel's counter was not
 * read. @param {number} ours @param {number | null | undefined} theirs @param {boolean} [exited] */
export function counterEquation(ours, theirs, exited = false) {
  if (theirs == null) return `${ours} / –`;
  if (exited && theirs > ours) return `${ours} + ${theirs - ours} = ${theirs}`;
  return `${ours} ${ours === theirs ? "=" : "≠"} ${theirs}`;
}

// @ts-check
// The proof badge and the evidence dialog: records against the kernel's own counters, and the raw record of an interval.
import { proofOf } from "../engine/proof_verdict.js";
import { duration, instant } from "../engine/scale.js";
import { html, set, write } from "../plot/svg.js";

/** @typedef {import("../types").World} World */
/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("../types").Say} Say */
/** @typedef {Extract<import("../types").Fact, { kind: "proof.checked" }>} Proof */
/** @typedef {import("../types").RunProof} RunProof */
/** @typedef {{ out: number, voluntary: number, preempted: number, involuntary: number, exit: number, total: number,
 *   read: number }} Counters */

/** The counters of all tasks whose counters were read, `read` of them; `exit` is how often a zombie must have left its core
 * after its EXIT record, which the kernel counts and records no more: once for good, and once for each dispatch it had
 * meanwhile. @param {Iterable<Proof>} proofs @returns {Counters} */
export function sumUp(proofs) {
  const sum = { out: 0, voluntary: 0, preempted: 0, involuntary: 0, exit: 0, total: 0, read: 0 };
  for (const proof of proofs) {
    if (proof.verdict === "not_proved") continue;
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
 * @param {RunProof | null} proof null before the run's end @param {Counters} sum @param {Say} say */
export function badgeText(proof, sum, say) {
  if (!proof) return say("proof.open");
  const parts = [say(`proof.${proof.verdict}`)];
  if (proof.proved) parts.push(say(proof.unread ? "proof.tasks_beside" : "proof.tasks", { ...proof }));
  const way = proof.verdict === "differs" ? "_differ" : sum.exit ? "_exit" : "";
  if (sum.read || proof.lost) parts.push(say(`proof.figures${way}`, { ...sum, lost: proof.lost }));
  return parts.join(" · ");
}

const LETTERS = /** @type {Record<string, string>} */ ({ running: "R", ready: "R", blocked: "S", stopped: "T", zombie: "Z" });

/** @param {HTMLElement} badge #proof @param {HTMLDialogElement} dialog #evidence @param {Say} say */
export function createProof(badge, dialog, say) {
  const host = dialog.querySelector("#evidence-body") ?? dialog;
  const raw = html("section", { class: "evidence-raw", hidden: true });
  const facts = html("div", { class: "evidence-facts" });
  const table = html("div", { class: "evidence-table", tabindex: "0", role: "group", "aria-label": say("evidence.title") });
  host.replaceChildren(raw, facts, table);
  /** @type {Scene | null} */
  let scene = null;
  let version = -1;
  /** @type {Proof[]} */
  let proofs = [];
  /** @type {RunProof | null} */
  let verdict = null;

  badge.addEventListener("click", () => open(null));

  /** The proof concerns the whole run, so it is read from the whole log, wherever the playhead is. @param {Scene} now */
  function read(now) {
    if (now.version === version) return;
    version = now.version;
    /** @type {Map<number, Proof>} */
    const found = new Map();
    const entries = [...now.tracks.marks(-Infinity, Infinity)].map(({ entry }) => entry);
    for (const { fact } of entries) if (fact.kind === "proof.checked") found.set(fact.task, fact);
    verdict = proofOf(entries);
    proofs = [...found.values()].sort((a, b) => a.task - b.task);
  }

  /** @param {Scene} now */
  function draw(now) {
    scene = now;
    read(now);
    set(badge, { "data-verdict": verdict?.verdict ?? "pending" });
    write(badge, badgeText(verdict, sumUp(proofs), say));
  }

  /** @param {Scene} now */
  function tell(now) {
    const run = now.world.run;
    const lines = [say("evidence.intro")];
    if (!proofs.length) lines.push(say("evidence.pending"));
    if (now.world.tier) lines.push(say("evidence.tier", { tier: say(`tier.${now.world.tier}`) }));
    lines.push(say("evidence.lost", { count: now.last.lost }));
    if (run) lines.push(say("evidence.recorded", { at: run.recorded_at, machine: run.machine ?? run.kernel }),
      say("proof.machine", { kernel: run.kernel, python: run.python }));
    facts.replaceChildren(...lines.map((line) => html("p", {}, line)));
    table.hidden = !proofs.length;
    table.replaceChildren(counters(proofs, now, say));
  }

  /** Shows the dialog, with the record at a position of the log if there is one. @param {number | null} position */
  function open(position) {
    if (!scene) return;
    tell(scene);
    const found = position == null ? null : record(scene, position);
    raw.hidden = !found;
    if (found) raw.replaceChildren(...rawOf(found, scene.last, say));
    if (!dialog.open) dialog.showModal();
  }

  return { draw, open };
}

/** @param {Proof[]} proofs @param {Scene} scene @param {Say} say */
function counters(proofs, scene, say) {
  const names = new Map();
  for (const { entry: { fact } } of scene.tracks.marks(-Infinity, Infinity)) {
    if (fact.kind === "task.born") names.set(fact.task, `${fact.name} ${fact.tid}`);
  }
  const columns = ["voluntary", "preempted", "dispatched", "time", "verdict", "how"];
  const head = html("tr", {}, html("th", { scope: "col" }, say("column.task")),
    ...columns.map((column) => html("th", { scope: "col" }, say(`evidence.${column}`))));
  return html("table", {}, html("thead", {}, head), html("tbody", {}, ...proofs.map((one) => rowOf(one, names, say))));
}

/** @param {Proof} one @param {Map<number, string>} names @param {Say} say */
function rowOf(one, names, say) {
  const time = `${duration(one.running_ns)} / ${one.schedstat_ns == null ? "–" : duration(one.schedstat_ns)}`;
  const verdict = say(`evidence.verdict.${one.verdict}`);
  const exited = one.how === "zombie" && one.verdict === "proved";
  const cells = [pair(one.out, one.voluntary, exited), pair(one.preempted, one.involuntary, exited),
    pair(one.dispatched, one.dispatches, exited), time];
  return html("tr", { "data-verdict": one.verdict }, html("th", { scope: "row" }, names.get(one.task) ?? `#${one.task}`),
    ...cells.map((cell) => html("td", {}, cell)), html("td", {}, html("strong", {}, verdict), one.reason ? ` ${one.reason}` : ""),
    html("td", {}, say(`evidence.how.${one.how ?? "self"}`)));
}

/** "5 = 5", "5 ≠ 6", "5 + 1 = 6" for a zombie whose exit explains the rest, or "5 / –" where the kernel's counter was not
 * read. @param {number} ours @param {number | null | undefined} theirs @param {boolean} [exited] */
export function pair(ours, theirs, exited = false) {
  if (theirs == null) return `${ours} / –`;
  if (exited && theirs > ours) return `${ours} + ${theirs - ours} = ${theirs}`;
  return `${ours} ${ours === theirs ? "=" : "≠"} ${theirs}`;
}

/** The entry at a position of the log. @param {Scene} scene @param {number} position */
function record({ tracks }, position) {
  for (const task of tracks.tasks()) {
    for (const one of tracks.between(task, -Infinity, Infinity)) {
      if (one.position !== position) continue;
      return tracks.entries(one.from_ns, one.from_ns, 1000).find((found) => found.position === position) ?? null;
    }
  }
  for (const mark of tracks.marks(-Infinity, Infinity)) if (mark.position === position) return mark;
  return null;
}

/** @param {{ by?: number | null, by_name?: string | null }} fact @param {World} world */
function wakerOf({ by, by_name }, world) {
  return by_name ?? world.tasks.get(by ?? -1)?.name ?? `#${by}`;
}

/** @param {{ position: number, entry: import("../types").Entry }} found @param {World} world @param {Say} say */
function rawOf({ position, entry }, world, say) {
  const { fact, source, t_ns } = entry;
  const lines = [say("evidence.position", { position, source: say(`source.${source}`) })];
  if (fact.kind === "task.state") {
    const seen = fact.state !== "blocked" || fact.syscall != null; // S or D: only who looked at the sleeper can say
    if (seen) lines.push(say("evidence.letter", { letter: fact.waits_for === "disk" ? "D" : LETTERS[fact.state] ?? "?" }));
    if (fact.waits_for) {
      const slots = { reason: say(`waits.${fact.waits_for}`), syscall: fact.syscall ?? "" };
      lines.push(say(fact.syscall == null ? "evidence.waits_inferred" : "evidence.waits", slots));
    }
    if (fact.by != null || fact.by_name) lines.push(say("evidence.woken_by", { name: wakerOf(fact, world) }));
    if (fact.error_ns != null) lines.push(say("evidence.error", { error: duration(fact.error_ns) }));
  }
  return [html("h3", {}, say("evidence.raw", { time: instant(t_ns) })), ...lines.map((line) => html("p", {}, line)),
    html("pre", { tabindex: "0" }, JSON.stringify(entry))];
}

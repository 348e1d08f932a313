// The evidence dialog's contents: counters of every task beside the kernel's, and the raw record of an interval.
import "./shared_chunk.js";
import { duration, instant } from "../engine/scale.js";
import { timelineOf } from "../engine/timeline.js";
import { html } from "../plot/svg.js";
import { counterEquation } from "./proof_counters.js";

/** @typedef {import("../types").World} World */
/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("../types").Say} Say */
/** @typedef {import("./proof_counters.js").Proof} Proof */
/** @typedef {{ position: number, entry: import("../types").Entry }} LogRecord */

const STATE_LETTERS = { running: "R", ready: "R", blocked: "S", stopped: "T", zombie: "Z" };

/** All that the dialog shows: the record at a position of the log if there is one, what was recorded, and the counters.
 * @param {Scene} scene @param {Proof[]} proofs @param {number | null} position @param {Say} say */
export function evidence(scene, proofs, position, say) {
  const found = position === null ? null : findRecord(scene.tracks, position);
  const raw = html(
    "section",
    { class: "evidence-raw", hidden: !found },
    ...(found ? recordDetails(found, scene.last, say) : []),
  );
  const facts = html(
    "div",
    { class: "evidence-facts" },
    ...factsOf(scene, proofs, say).map((line) => html("p", {}, line)),
  );
  const attributes = { class: "evidence-table", tabindex: "0", role: "group", "aria-label": say("evidence.title") };
  const table = html("div", { ...attributes, hidden: !proofs.length }, counterTable(proofs, scene, say));
  return [raw, facts, table];
}

/** @param {Scene} scene @param {Proof[]} proofs @param {Say} say */
function factsOf({ world: { run, tier }, last }, proofs, say) {
  const lines = [say("evidence.intro")];
  if (!proofs.length) lines.push(say("evidence.pending"));
  if (tier) lines.push(say("evidence.tier", { tier: say(`tier.${tier}`) }));
  lines.push(say("evidence.lost", { count: last.lost }));
  if (!run) return lines;
  lines.push(say("evidence.recorded", { at: run.recorded_at, machine: run.machine ?? run.kernel }));
  lines.push(say("proof.machine", { kernel: run.kernel, python: run.python }));
  return lines;
}

/** @param {Proof[]} proofs @param {Scene} scene @param {Say} say */
export function counterTable(proofs, scene, say) {
  const { tasks } = timelineOf(scene.tracks, scene.version);
  const names = new Map([...tasks.values()].map(({ task, name, tid }) => [task, `${name} ${tid}`]));
  const columns = ["voluntary", "preempted", "dispatched", "time", "verdict", "how"];
  const head = html(
    "tr",
    {},
    html("th", { scope: "col" }, say("column.task")),
    ...columns.map((column) => html("th", { scope: "col" }, say(`evidence.${column}`))),
  );
  return html(
    "table",
    {},
    html("thead", {}, head),
    html("tbody", {}, ...proofs.map((one) => counterRow(one, names, say))),
  );
}

/** @param {Proof} one @param {Map<number, string>} names @param {Say} say */
function counterRow(one, names, say) {
  const time = `${duration(one.running_ns)} / ${one.schedstat_ns == null ? "–" : duration(one.schedstat_ns)}`;
  const verdict = say(`evidence.verdict.${one.verdict}`);
  const exited = one.how === "zombie" && one.verdict === "proved";
  const cells = [
    counterEquation(one.out, one.voluntary, exited),
    counterEquation(one.preempted, one.involuntary, exited),
    counterEquation(one.dispatched, one.dispatches, exited),
    time,
  ];
  return html(
    "tr",
    { "data-verdict": one.verdict },
    html("th", { scope: "row" }, names.get(one.task) ?? `#${one.task}`),
    ...cells.map((cell) => html("td", {}, cell)),
    html("td", {}, html("strong", {}, verdict), one.reason ? ` ${one.reason}` : ""),
    html("td", {}, say(`evidence.how.${one.how ?? "self"}`)),
  );
}

/** The entry at a position of the log. @param {import("../types").Tracks} tracks @param {number} position
 * @returns {LogRecord | null} */
export function findRecord(tracks, position) {
  const intervals = tracks.tasks().flatMap((task) => [...tracks.between(task, -Infinity, Infinity)]);
  const interval = intervals.find((one) => one.position === position);
  const from_ns = interval?.from_ns ?? -Infinity;
  const candidates = interval ? tracks.entries(from_ns, from_ns, 1000) : [...tracks.otherEntries(-Infinity, Infinity)];
  return candidates.find((found) => found.position === position) ?? null;
}

/** The record in words and as it is in the log. @param {LogRecord} found @param {World} world @param {Say} say */
export function recordDetails({ position, entry }, world, say) {
  const { fact, source, t_ns } = entry;
  const lines = [say("evidence.position", { position, source: say(`source.${source}`) })];
  if (fact.kind === "task.state") lines.push(...stateLines(fact, world, say));
  return [
    html("h3", {}, say("evidence.raw", { time: instant(t_ns) })),
    ...lines.map((line) => html("p", {}, line)),
    html("pre", { tabindex: "0" }, JSON.stringify(entry)),
  ];
}

/** @param {Extract<import("../types").Fact, { kind: "task.state" }>} fact @param {World} world @param {Say} say */
function stateLines({ state, waits_for, syscall, by, by_name, error_ns }, world, say) {
  const lines = [];
  const seen = state !== "blocked" || syscall != null; // S or D: only who looked at the sleeper can say
  if (seen) lines.push(say("evidence.letter", { letter: waits_for === "disk" ? "D" : STATE_LETTERS[state] }));
  if (waits_for) {
    const slots = { reason: say(`waits.${waits_for}`), syscall: syscall ?? "" };
    lines.push(say(syscall == null ? "evidence.waits_inferred" : "evidence.waits", slots));
  }
  const name = by_name ?? world.tasks.get(by ?? -1)?.name ?? `#${by}`;
  if (by != null || by_name) lines.push(say("evidence.woken_by", { name }));
  if (error_ns != null) lines.push(say("evidence.error", { error: duration(error_ns) }));
  return lines;
}

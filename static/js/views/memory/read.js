// What the log says of memory up to an instant: looks at one or more tasks, and which pages two of them share.
import { timelineOf } from "../../engine/timeline.js";

/** @typedef {Extract<import("../../types").Fact, { kind: "memory.measured" }>} Amount */
/** @typedef {Extract<import("../../types").Fact, { kind: "memory.pages" }>} Pages */
/** @typedef {{ t_ns: number, amounts: Amount[], pages: Pages | null, done: string | null }} Look  `done`: how far the
 *   observed task said it was; each task is measured once a look */
/** @typedef {{ copied: boolean[], each: number, exact: boolean }} Squares  `each`: pages a square stands for; `exact`:
 *   compared page by page, else only how many is known and they are filled from the top */

export const MOST_SQUARES = 736; // 23 columns of 32

/** The looks of the trial that the playhead is in, all of them. @param {import("../../types").Scene} scene @returns {Look[]} */
export function measurementsOf({ tracks, version, t_ns }) {
  const trials = timelineOf(tracks, version).trials;
  const begun = trials.filter((trial) => trial.from_ns <= t_ns);
  const trial = begun.length ? begun[begun.length - 1] : trials[0];
  const next = trials.find((other) => trial && other.from_ns > trial.from_ns);
  const marks = tracks.otherEntries(trial?.from_ns ?? -Infinity, next ? next.from_ns - 1 : Infinity);
  return gather([...marks].map(({ t_ns: at_ns, entry }) => ({ t_ns: at_ns, fact: entry.fact })));
}

/** @param {{ t_ns: number, fact: import("../../types").Fact }[]} facts @returns {Look[]} */
export function gather(facts) {
  /** @type {Look[]} */
  const looks = [];
  /** @type {string | null} */
  let done = null;
  for (const { t_ns, fact } of facts) {
    const open = looks[looks.length - 1];
    if (fact.kind === "cell.written" && fact.name === "done") done = fact.value;
    else if (fact.kind === "memory.pages" && open) open.pages = fact;
    else if (fact.kind === "memory.measured") {
      if (open && !open.amounts.some((each) => each.task === fact.task || each.what !== fact.what)) {
        open.amounts.push(fact);
        open.t_ns = t_ns;
      } else looks.push({ t_ns, amounts: [fact], pages: null, done });
    }
  }
  return looks;
}

/** Sum of a figure over the tasks of a look. @param {Look} look @param {"rss_kb" | "pss_kb"} name */
export const sum = (look, name) => look.amounts.reduce((total, each) => total + each[name], 0);

/** What became the last measured task's own since the first look, in kB. @param {Look} first @param {Look} now */
export function copiedKb(first, now) {
  const mine = now.amounts[now.amounts.length - 1];
  const before = first.amounts.find((each) => each.task === mine.task);
  return Math.max(0, mine.private_kb - (before?.private_kb ?? 0));
}

/** Pages of a run-length map, one letter each: s shared, c copied, n not there. @param {string} map @returns {string[]} */
export function letters(map) {
  return [...map.matchAll(/([a-z])(\d+)/g)].flatMap(([, letter, count]) => new Array(Number(count)).fill(letter));
}

/** What the task that was measured last still shares, in kB: of the pages that are drawn, since its mappings hold others as
 * well; where no pages could be compared, the kernel's sum over the mappings. @param {Look} now */
export function sharedKb(now) {
  const mine = now.amounts[now.amounts.length - 1];
  if (!now.pages) return mine.shared_kb;
  const there = letters(now.pages.map).filter((letter) => letter !== "n");
  const page_kb = 2 ** Math.floor(Math.log2(mine.rss_kb / Math.max(1, there.length)));
  return there.filter((letter) => letter === "s").length * page_kb;
}

/** A look as squares, each copied if most of its pages are. @param {Look} first @param {Look} now @returns {Squares} */
export function squares(first, now) {
  const mine = now.amounts[now.amounts.length - 1];
  const each = now.pages ? letters(now.pages.map) : null;
  const count = each ? each.length : Math.max(1, Math.round(mine.rss_kb / 4));
  const size = Math.max(1, Math.ceil(count / MOST_SQUARES));
  const total = Math.ceil(count / size);
  if (!each) {
    const full = Math.round((total * copiedKb(first, now)) / Math.max(1, mine.rss_kb));
    return { copied: Array.from({ length: total }, (_, at) => at < full), each: size, exact: false };
  }
  const copied = Array.from({ length: total }, (_, at) => {
    const part = each.slice(at * size, (at + 1) * size);
    return part.filter((letter) => letter === "c").length * 2 > part.length;
  });
  return { copied, each: size, exact: true };
}

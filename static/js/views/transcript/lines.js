// Entries around an instant as sentences and as cells of a table.

import { timelineOf } from "../../engine/timeline.js";
import { taskName } from "../../plot/words.js";
import { changeLine, factLine } from "./sentences.js";

/** @typedef {import("../../types").Tracks} Tracks */
/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("../../types").Entry} Entry */
/** @typedef {{ position: number, t_ns: number, text: string, cells: string[] }} Line */

const PAST = 12;
const COMING = 4;

/** @param {Tracks} tracks @param {number} t_ns @param {number} count @param {1 | -1} step the furthest of `count` instants */
function away(tracks, t_ns, count, step) {
  let at = t_ns;
  for (let i = 0; i < count; i++) {
    const next = step > 0 ? tracks.next(at) : tracks.previous(at);
    if (next === null) break;
    at = next;
  }
  return at;
}

/** The entries around an instant that are sentences: the last up to it, and the next.
 * @param {Tracks} tracks @param {number} t_ns @param {(entry: Entry) => boolean} told
 * @returns {{ past: { position: number, entry: Entry }[], coming: { position: number, entry: Entry }[] }} */
export function around(tracks, t_ns, told) {
  const from = away(tracks, t_ns, PAST * 2, -1);
  const to = away(tracks, t_ns, COMING * 2, 1);
  const found = tracks.entries(from, to, 400).filter(({ entry }) => told(entry));
  return {
    past: found.filter(({ entry }) => entry.t_ns <= t_ns).slice(-PAST),
    coming: found.filter(({ entry }) => entry.t_ns > t_ns).slice(0, COMING),
  };
}

const SILENT = new Set(
  (
    "memory.measured memory.pages pipe.filled cell.written value.measured proof.checked signal.got " +
    "task.measured task.renamed task.described task.moved task.allowed task.waited"
  ).split(" "),
);

/** @param {Entry} entry */
export const isShown = (entry) => !SILENT.has(entry.fact.kind);

/** @param {Scene} scene @param {import("../../types").Say} say @param {Record<string, string>} labels
 * @param {{ position: number, entry: Entry }} found @returns {Line} */
export function lineOf(scene, say, labels, { position, entry }) {
  const timeline = timelineOf(scene.tracks, scene.version);
  const { t_ns, fact, source } = entry;
  const time = scene.time(t_ns);
  if (fact.kind !== "task.state") {
    const text = factLine(say, timeline, fact, labels) ?? fact.kind;
    const who = "task" in fact && fact.task != null ? taskName(timeline, fact.task, say) : "";
    return { position, t_ns, text, cells: [time, who, "", "", "", text, say(`source.${source}`)] };
  }
  const before = scene.tracks.at(fact.task, t_ns - 1)?.state ?? null;
  const reason = fact.waits_for ? say(`waits.${fact.waits_for}`) : say(`cause.${fact.cause}`);
  return {
    position,
    t_ns,
    text: changeLine(say, timeline, fact, before),
    cells: [
      time,
      taskName(timeline, fact.task, say),
      before ? say(`state.${before}`) : "",
      say(`state.${fact.state}`),
      fact.cpu == null ? "" : String(fact.cpu),
      reason,
      say(`source.${source}`),
    ],
  };
}

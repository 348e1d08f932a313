// Memory: two columns of squares for parent and child, or bars of a file that several tasks map; and start-up times.

import { grouped } from "../../engine/scale.js";
import { timelineOf } from "../../engine/timeline.js";
import { valueKey } from "../../engine/world.js";
import { html, write } from "../../plot/svg.js";
import { trialName } from "../../plot/words.js";
import { Bars } from "./bars.js";
import { Columns } from "./columns.js";
import { copiedKb, MOST_SQUARES, measurementsOf, sharedKb, squares, sum } from "./read.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("./read.js").Look} Look */

const KIB = 1024;
const RIGHT = 250; // width of the bars beside the columns
const NARROW = 620; // below it the bars stand under the columns

class MemoryView {
  #root;
  #say;
  #page;
  #columns = new Columns();
  #copied = html("p", { class: "memory-said" });
  #shared = html("p", { class: "memory-said" });
  #pss;
  #copies;
  #starts;
  #left;
  #signature = "";

  /** @param {Parameters<import("../../types").Create>} given */
  constructor(...[root, say, , page]) {
    this.#root = root;
    this.#say = say;
    this.#page = page;
    this.#pss = new Bars(say("memory.both"));
    this.#copies = new Bars(say("memory.file"));
    this.#starts = new Bars(say("memory.starts"));
    const said = html("div", { class: "memory-sums" }, this.#copied, this.#shared);
    this.#left = html("div", { class: "memory-left" }, said, this.#columns.root);
    const right = html("div", { class: "memory-right" }, this.#pss.root, this.#copies.root, this.#starts.root);
    root.replaceChildren(html("div", { class: "memory" }, this.#left, right));
  }

  /** @param {Scene} scene */
  draw(scene) {
    const width = Math.max(280, Math.floor(this.#root.clientWidth));
    const signature = [width, scene.version, scene.t_ns, scene.projector].join();
    if (signature === this.#signature) return;
    this.#signature = signature;
    const all = measurementsOf(scene);
    const seen = all.filter((look) => look.t_ns <= scene.t_ns);
    const two = this.#page.drawn.memory !== "copies";
    this.#left.hidden = !two || (all.length === 0 && this.#started(scene).length > 0);
    if (two && !this.#left.hidden) this.#drawColumns(scene, all, seen, width);
    this.#drawPss(two ? all : [], two ? seen : []);
    this.#drawCopies(two ? [] : seen);
    this.#drawStarts(this.#started(scene));
  }

  /** @param {Scene} scene @param {Look[]} all @param {Look[]} seen @param {number} width */
  #drawColumns(scene, all, seen, width) {
    const now = seen[seen.length - 1];
    const sums = width < NARROW ? 0 : 130;
    const room = width < NARROW ? width : width - RIGHT - sums - 32;
    const found = now ? squares(all[0], now) : this.#outline(all);
    this.#columns.root.toggleAttribute("data-empty", !now); // nothing measured yet: no page is said to be shared
    const names = (now ?? all[0])?.amounts.map(({ task }) => this.#named(scene, task)) ?? [];
    const kb = now ? copiedKb(all[0], now) : 0;
    const slots = { copied: mib(kb), shared: mib(now ? sharedKb(now) : 0) };
    const foot = this.#say(found.exact ? "memory.square" : "memory.square_counted", { pages: found.each });
    this.#columns.draw(found, room, names, now ? foot : "", this.#say("memory.summary", slots), frontOf(all, now));
    write(this.#copied, now ? this.#say("memory.copied", slots) : "");
    write(this.#shared, now ? this.#say("memory.shared", slots) : "");
  }

  /** Before the first look: as many empty squares as there will be, since how many says nothing of the answer.
   * @param {Look[]} all */
  #outline(all) {
    if (all.length) return { ...squares(all[0], all[0]), copied: squares(all[0], all[0]).copied.map(() => false) };
    return { copied: new Array(MOST_SQUARES).fill(false), each: 1, exact: true };
  }

  /** @param {Scene} scene @param {number} task */
  #named(scene, task) {
    const { name = String(task), pid = 0 } = timelineOf(scene.tracks, scene.version).tasks.get(task) ?? {};
    return scene.projector ? name : this.#say("memory.name", { name, pid });
  }

  /** @param {Look[]} all @param {Look[]} seen */
  #drawPss(all, seen) {
    const [first, now] = [seen[0], seen[seen.length - 1]];
    const rows = first
      ? (first === now ? [first] : [first, now]).map((look, at) => ({
          name: this.#say(at ? "memory.now" : "memory.fork"),
          value: mib(sum(look, "pss_kb")),
          share: sum(look, "pss_kb") / Math.max(...all.map((each) => sum(each, "pss_kb"))),
        }))
      : [];
    this.#pss.draw(rows, rows.length ? this.#say("memory.pss") : "");
  }

  /** @param {Look[]} seen */
  #drawCopies(seen) {
    const most = Math.max(1, ...seen.map((look) => sum(look, "rss_kb")));
    const rows = seen.flatMap((look) => {
      const count = look.amounts.length;
      return /** @type {const} */ (["rss_kb", "pss_kb"]).map((name) => ({
        name: name === "rss_kb" ? this.#say("memory.copies", { count }) : "",
        value: this.#say("memory.kb", { kb: grouped(sum(look, name)) }),
        share: sum(look, name) / most,
        hollow: name === "rss_kb",
        parts: name === "rss_kb" ? count : 1,
      }));
    });
    this.#copies.draw(rows, rows.length ? this.#say("memory.rss_pss") : "");
  }

  /** The ways to start a child whose trial is over by now, with what each took. @param {Scene} scene */
  #started({ tracks, version, last, t_ns }) {
    const name = this.#page.drawn.starts;
    if (!name) return [];
    return timelineOf(tracks, version).trials.flatMap((trial) => {
      const found = last.values.get(valueKey(name, trial.trial));
      const over = trial.to_ns != null && trial.to_ns <= t_ns;
      return found && over ? [{ name: trialName(trial, this.#page.labels, this.#say), ms: found.value }] : [];
    });
  }

  /** @param {{ name: string, ms: number }[]} found */
  #drawStarts(found) {
    const most = Math.max(1, ...found.map(({ ms }) => ms));
    const rows = found.map(({ name, ms }) => ({ name, value: `${ms.toFixed(ms < 10 ? 1 : 0)} ms`, share: ms / most }));
    this.#starts.draw(rows, "");
  }
}

/** How far the child's work is, as a share; null before it and after it. @param {Look[]} all @param {Look | undefined} now */
function frontOf(all, now) {
  const end = Number(all[all.length - 1]?.done ?? 0);
  return !now || !end ? null : Number(now.done ?? 0) / end;
}

/** kB as MiB. @param {number} kb */
const mib = (kb) => `${(kb / KIB).toFixed(1)}\u00a0MiB`;

/** @type {import("../../types").Create} */
export const create = (...given) => new MemoryView(...given);

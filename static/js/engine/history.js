// Any instant of a run: folds the entries into worlds, with checkpoints to go back to.
import { copyWorld, emptyWorld, reduce, totalsAt } from "./world.js";

/** @typedef {import("../types").World} World */
/** @typedef {import("./ordered_entries.js").OrderedEntries} OrderedEntries */

const CHECKPOINT_INTERVAL = 512; // entries between checkpoints: a step back replays at most so many

export class History {
  version = 0;
  #entries;
  /** checkpoints[k] is the draft after k · CHECKPOINT_INTERVAL entries. @type {World[]} */
  #checkpoints = [emptyWorld()];
  #draft = emptyWorld();
  #folded = 0;
  /** @type {{ key: string, world: World } | null} */
  #shown = null;
  /** @type {{ version: number, world: World } | null} */
  #end = null;

  /** @param {OrderedEntries} entries entries are added to it by the owner, who then calls `onAdded` */
  constructor(entries) {
    this.#entries = entries;
  }

  /** Goes back to a checkpoint. @param {number} k */
  #restore(k) {
    this.#draft = copyWorld(this.#checkpoints[k]);
    this.#folded = k * CHECKPOINT_INTERVAL;
  }

  /** Brings the draft to the first `count` entries. @param {number} count */
  #go(count) {
    const checkpoints = this.#checkpoints;
    const nearest = Math.min(Math.floor(count / CHECKPOINT_INTERVAL), checkpoints.length - 1);
    if (this.#folded > count || this.#folded < nearest * CHECKPOINT_INTERVAL) this.#restore(nearest);
    while (this.#folded < count) {
      this.#draft = reduce(this.#draft, this.#entries.entryAt(this.#folded));
      this.#folded++;
      if (this.#folded === checkpoints.length * CHECKPOINT_INTERVAL) checkpoints.push(copyWorld(this.#draft));
    }
  }

  /** An entry was added at this index; what was folded from there on is folded again when asked for.
   * @param {number} index */
  onAdded(index) {
    this.version++;
    const valid = Math.floor(index / CHECKPOINT_INTERVAL) + 1;
    if (this.#checkpoints.length > valid) this.#checkpoints.length = valid;
    if (this.#folded > index) this.#restore(this.#checkpoints.length - 1);
  }

  /** The world after every entry with an instant ≤ t_ns, to look at and not to change.
   * @param {number} t_ns @returns {World} */
  seek(t_ns) {
    const key = `${this.version}:${t_ns}`;
    if (this.#shown?.key === key) return this.#shown.world;
    this.#go(this.#entries.countUpTo(t_ns));
    const world = totalsAt(this.#draft, t_ns);
    this.#shown = { key, world };
    return world;
  }

  /** The world at the end of what is known: verdicts, values and the proof stand here. @returns {World} */
  atEnd() {
    if (this.#end?.version === this.version) return this.#end.world;
    this.#go(this.#entries.length);
    const world = totalsAt(this.#draft, this.#entries.end_ns);
    this.#end = { version: this.version, world };
    return world;
  }
}

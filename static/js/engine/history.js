// Any instant of a run: folds the story into worlds, with checkpoints to go back to.
import { empty, fork, reduce, settle } from "./world.js";

/** @typedef {import("../types").World} World */
/** @typedef {import("./story.js").Story} Story */

const EVERY = 512; // entries between checkpoints: a step back replays at most so many

export class History {
  version = 0;
  #story;
  /** checkpoints[k] is the draft after k · EVERY entries. @type {World[]} */
  #checkpoints = [empty()];
  #draft = empty();
  #folded = 0;
  /** @type {{ key: string, world: World } | null} */
  #shown = null;
  /** @type {{ version: number, world: World } | null} */
  #end = null;

  /** @param {Story} story entries are added to it by the owner, who then says so by `added` */
  constructor(story) {
    this.#story = story;
  }

  /** Goes back to a checkpoint. @param {number} k */
  #restore(k) {
    this.#draft = fork(this.#checkpoints[k]);
    this.#folded = k * EVERY;
  }

  /** Brings the draft to the first `count` entries. @param {number} count */
  #go(count) {
    const checkpoints = this.#checkpoints;
    const nearest = Math.min(Math.floor(count / EVERY), checkpoints.length - 1);
    if (this.#folded > count || this.#folded < nearest * EVERY) this.#restore(nearest);
    while (this.#folded < count) {
      this.#draft = reduce(this.#draft, this.#story.entry(this.#folded));
      this.#folded++;
      if (this.#folded === checkpoints.length * EVERY) checkpoints.push(fork(this.#draft));
    }
  }

  /** The story got an entry at this index; what was folded from there on is folded again when asked for.
   * @param {number} index */
  added(index) {
    this.version++;
    const valid = Math.floor(index / EVERY) + 1;
    if (this.#checkpoints.length > valid) this.#checkpoints.length = valid;
    if (this.#folded > index) this.#restore(this.#checkpoints.length - 1);
  }

  /** The world after every entry with an instant ≤ t_ns, to look at and not to change.
   * @param {number} t_ns @returns {World} */
  seek(t_ns) {
    const key = `${this.version}:${t_ns}`;
    if (this.#shown?.key === key) return this.#shown.world;
    this.#go(this.#story.upTo(t_ns));
    const world = settle(this.#draft, t_ns);
    this.#shown = { key, world };
    return world;
  }

  /** The world at the end of what is known: verdicts, values and the proof stand here. @returns {World} */
  last() {
    if (this.#end?.version === this.version) return this.#end.world;
    this.#go(this.#story.length);
    const world = settle(this.#draft, this.#story.end_ns);
    this.#end = { version: this.version, world };
    return world;
  }
}

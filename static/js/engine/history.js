// Any instant of a run: folds the story into worlds, with checkpoints to go back to; it orders and draws nothing.
import { empty, fork, reduce, settle } from "./world.js";

/** @typedef {import("../types").World} World */
/** @typedef {import("./story.js").Story} Story */

const EVERY = 512; // entries between checkpoints: a step back replays at most so many

/** @param {Story} story entries are added to it by the owner, who then says so by `added` */
export function createHistory(story) {
  /** checkpoints[k] is the draft after k · EVERY entries @type {World[]} */
  const checkpoints = [empty()];
  let draft = empty();
  let folded = 0;
  let version = 0;
  /** @type {{ key: string, world: World } | null} */
  let shown = null;
  /** @type {{ version: number, world: World } | null} */
  let end = null;

  /** Brings the draft to the first `count` entries. @param {number} count */
  function go(count) {
    const nearest = Math.min(Math.floor(count / EVERY), checkpoints.length - 1);
    if (folded > count || folded < nearest * EVERY) {
      draft = fork(checkpoints[nearest]);
      folded = nearest * EVERY;
    }
    while (folded < count) {
      draft = reduce(draft, story.entry(folded));
      folded++;
      if (folded === checkpoints.length * EVERY) checkpoints.push(fork(draft));
    }
  }

  return {
    get version() {
      return version;
    },

    /** The story got an entry at this index; what was folded from there on is folded again when asked for.
     * @param {number} index */
    added(index) {
      version++;
      const valid = Math.floor(index / EVERY) + 1;
      if (checkpoints.length > valid) checkpoints.length = valid;
      if (folded > index) {
        draft = fork(checkpoints[checkpoints.length - 1]);
        folded = (checkpoints.length - 1) * EVERY;
      }
    },

    /** The world after every entry with an instant ≤ t_ns, to look at and not to change.
     * @param {number} t_ns @returns {World} */
    seek(t_ns) {
      const key = `${version}:${t_ns}`;
      if (shown?.key !== key) {
        go(story.upTo(t_ns));
        shown = { key, world: settle(draft, t_ns) };
      }
      return shown.world;
    },

    /** The world at the end of what is known: verdicts, values and the proof stand here. @returns {World} */
    last() {
      if (end?.version !== version) {
        go(story.length);
        end = { version, world: settle(draft, story.end_ns) };
      }
      return end.world;
    },
  };
}

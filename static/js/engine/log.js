// The log of the run on screen with what is folded from it: one place to add entries, one place to begin anew.
import { createHistory } from "./history.js";
import { createStory } from "./story.js";
import { createTracks } from "./tracks.js";

/** @typedef {import("../types").Entry} Entry */

export function createLog() {
  let story = createStory();
  let history = createHistory(story);
  let tracks = createTracks(story);
  let version = 0;
  let ended = false;
  return {
    get history() {
      return history;
    },
    get tracks() {
      return tracks;
    },
    get version() {
      return version;
    },
    get length() {
      return story.length;
    },
    get end_ns() {
      return story.end_ns;
    },
    get ended() {
      return ended;
    },

    /** @param {number} first position of the first entry @param {Entry[]} entries */
    add(first, entries) {
      version++;
      for (const [offset, entry] of entries.entries()) {
        const index = story.add(first + offset, entry);
        history.added(index);
        tracks.added(index);
        if (entry.fact.kind === "run.ended") ended = true;
      }
    },

    /** No entry will follow, even if the log does not say so itself. */
    close() {
      version++;
      ended = true;
    },

    clear() {
      story = createStory();
      history = createHistory(story);
      tracks = createTracks(story);
      version++;
      ended = false;
    },
  };
}

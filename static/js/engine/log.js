// The log of the run on screen with what is folded from it: one place to add entries, one place to begin anew.
import { History } from "./history.js";
import { OrderedEntries } from "./ordered_entries.js";
import { TrackIndex } from "./tracks.js";

/** @typedef {import("../types").Entry} Entry */

let versions = 0; // of all logs: no two logs ever have the same one, so a view may keep what it made by version alone

export class Log {
  version = ++versions;
  ended = false;
  #entries = new OrderedEntries();
  history = new History(this.#entries);
  tracks = new TrackIndex(this.#entries);

  get length() {
    return this.#entries.length;
  }

  /** Instant of the last entry. */
  get end_ns() {
    return this.#entries.end_ns;
  }

  /** @param {number} first position of the first entry @param {Entry[]} entries */
  add(first, entries) {
    this.version = ++versions;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i];
      const index = this.#entries.add(first + i, entry);
      this.history.onAdded(index);
      this.tracks.onAdded(index);
      if (entry.fact.kind === "run.ended") this.ended = true;
    }
  }

  /** No entry will follow, even if the log does not say so itself. */
  close() {
    this.version = ++versions;
    this.ended = true;
  }

  clear() {
    this.version = ++versions;
    this.ended = false;
    this.#entries = new OrderedEntries();
    this.history = new History(this.#entries);
    this.tracks = new TrackIndex(this.#entries);
  }
}

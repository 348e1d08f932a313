// What is read from a log, kept until the log grows.

/** @typedef {import("../types").Tracks} Tracks */

/** @template T @param {(tracks: Tracks, version: number) => T} read
 * @returns {(tracks: Tracks, version: number) => T} the same, read once a version of the log */
export function cachePerVersion(read) {
  /** @type {WeakMap<Tracks, { version: number, value: T }>} */
  const known = new WeakMap();
  return (tracks, version) => {
    const held = known.get(tracks);
    if (held?.version === version) return held.value;
    const value = read(tracks, version);
    known.set(tracks, { version, value });
    return value;
  };
}

// How many event streams one browser keeps open to a server: over HTTP/1.1 it opens six connections to an origin, and
// each stream holds one. What finds no slot polls the log (stream.js).

const FRAMED = 2; // for the embeds of a page, all together
const TABS = 4; // for the pages of the server itself; embeds use the first of the same four

/** @typedef {{ locks: LockManager | undefined, framed: boolean }} SlotEnv */

/** @type {() => SlotEnv} */
const browser = () => ({ locks: navigator.locks, framed: parent !== window });

/** Takes a slot, held until it is given back or the page is gone, however it goes. Null where all are taken.
 *
 *  A slot is a Web Lock: a browser divides locks as it divides connections, by origin and by the site on top. It has
 *  none over plain http but on this machine, and in a frame without an origin: there a page of ours counts as the only
 *  one, an embed as one of many.
 * @param {SlotEnv} [env] @returns {Promise<(() => void) | null>} */
export async function takeSlot({ locks, framed } = browser()) {
  if (!locks) return framed ? null : () => {};
  for (let at = 0; at < (framed ? FRAMED : TABS); at++) {
    const release = await held(locks, `timeslice-stream-${at}`);
    if (release) return release;
  }
  return null;
}

/** @param {LockManager} locks @param {string} name @returns {Promise<(() => void) | null>} */
function held(locks, name) {
  return new Promise((done) => {
    const keep = (/** @type {Lock | null} */ lock) =>
      lock ? new Promise((release) => done(() => release(null))) : done(null);
    locks.request(name, { ifAvailable: true }, keep).catch(() => done(null));
  });
}

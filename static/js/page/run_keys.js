// Keys of the runs that this tab has started, kept for its session: after a reload, and after Back, it may still act on them.

const PREFIX = "timeslice:key:";

/** The key of a run: the one that is given, which is kept from then on, else the one that was kept, else "".
 * @param {{ id: string, key: string }} run @param {() => Storage} [storage] */
export function keptKey({ id, key }, storage = () => sessionStorage) {
  try {
    if (key) storage().setItem(PREFIX + id, key);
    return key || (storage().getItem(PREFIX + id) ?? "");
  } catch {
    return key; // a sandbox, or storage is switched off or full
  }
}

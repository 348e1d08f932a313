// Keys of the runs that this tab has started, kept for its session: after a reload, and after Back, it may still act on them.

const PREFIX = "timeslice:key:";

/** The key of a run: the one that is given, which is kept from then on, else the one that was kept, else "".
 * @param {{ id: string, key: string }} run @param {() => Storage} [storage] */
export function storedKey({ id, key }, storage = () => sessionStorage) {
  try {
    if (key) storage().setItem(PREFIX + id, key);
    return key || (storage().getItem(PREFIX + id) ?? "");
  } catch {
    return key; // a sandbox, or storage is switched off or full
  }
}

/** Shows the link that carries the key of the run on screen, where the page holds it. @param {HTMLElement} list */
export function offerKey(list) {
  const [place, field] = [list.querySelector("[data-with-key]"), list.querySelector("[data-with-key] input")];
  const { run = "", key = "" } = document.getElementById("run")?.dataset ?? {};
  const kept = run && storedKey({ id: run, key });
  if (!(place instanceof HTMLElement && field instanceof HTMLInputElement && kept)) return;
  const link = new URL(location.pathname, location.href);
  link.search = `?run=${run}`;
  link.hash = `key=${kept}`;
  field.value = link.href;
  place.hidden = false;
}

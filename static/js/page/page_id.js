// The id of this page in the queue of runs: a page has one queue entry, and a reload keeps it (sessionStorage). An embed has an
// id of its own at each load: the embeds of a page share their storage, and each may have a run waiting.

const STORAGE_KEY = "timeslice:page";
/** @type {string | null} */
let cachedId = null;

/** 128 random bits in hexadecimal: whoever knows the id may cancel this page's queue entry. `crypto.randomUUID` is not there over http. */
function randomId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The id, kept for the session where storage is allowed. @param {() => Storage} [storage] @param {boolean} [framed] */
export function pageId(storage = () => sessionStorage, framed = globalThis.parent !== globalThis.window) {
  if (framed) cachedId ??= randomId();
  if (cachedId) return cachedId;
  try {
    cachedId = storage().getItem(STORAGE_KEY) ?? randomId();
    storage().setItem(STORAGE_KEY, cachedId);
  } catch {
    cachedId ??= randomId(); // a sandbox, or storage is switched off
  }
  return cachedId;
}

/** Appends a hidden field to `#run-form`; null if the page has none. @param {string} name @param {string} value */
export function addHiddenField(name, value) {
  const form = document.getElementById("run-form");
  if (!form) return null;
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = name;
  field.value = value;
  form.append(field);
  return field;
}

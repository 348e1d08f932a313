// What this page calls itself towards the queue: it has one waiting place, which a reload keeps.

const KEY = "timeslice:page";
/** @type {string | null} */
let remembered = null;

/** A name nobody can guess: whoever knows it may give this page's place up. `crypto.randomUUID` is not there over http. */
function invented() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The name, kept for the session where that is allowed. @param {() => Storage} [storage] */
export function pageName(storage = () => sessionStorage) {
  if (remembered) return remembered;
  try {
    remembered = storage().getItem(KEY) ?? invented();
    storage().setItem(KEY, remembered);
  } catch {
    remembered ??= invented(); // a sandbox, or storage is switched off
  }
  return remembered;
}

/** Lets a form say a value beside the reader's own fields. @param {string} name @param {string} value */
export function alsoSays(name, value) {
  const form = document.getElementById("run-form");
  if (!form) return null;
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = name;
  field.value = value;
  form.append(field);
  return field;
}

// The text one step at a time, and the page's dialogs, copy buttons and language link.

import { openTerms } from "./story/terms.js";

const root = document.documentElement;
const steps = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".step")]);
const counts = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".pager .count > *")]);
const turners = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-turn]")]);
const named = indexOf(wanted());
let at = Math.max(0, named >= 0 ? named : steps.findIndex((step) => !step.hidden));

/** The step that the address asks for: `#id`, else `?step=id`. */
function wanted() {
  return location.hash.slice(1).split("&")[0] || new URLSearchParams(location.search).get("step");
}

/** @param {string | null | undefined} id */
function indexOf(id) {
  return steps.findIndex((step) => step.id === id);
}

/** Shows what `at` says. */
function show() {
  root.classList.toggle("paged", steps.length > 0);
  for (const [i, step] of steps.entries()) {
    step.toggleAttribute("data-current", i === at);
    step.hidden = i !== at;
  }
  counts.forEach((count, i) => {
    count.hidden = i !== at;
  });
  for (const link of turners) {
    const other = steps[at + Number(link.dataset.turn)];
    link.setAttribute("aria-disabled", String(!other));
    if (other) link.setAttribute("href", `?step=${other.id}`);
    else link.removeAttribute("href");
  }
  const id = steps[at]?.id;
  if (id) root.dataset.step = id;
}

/** Turns by so many steps; false if there is none there. @param {number} by */
export function turn(by) {
  if (!steps[at + by]) return false;
  go(at + by);
  steps[at].querySelector("h2")?.focus({ preventScroll: true });
  if (document.querySelector(".embed")) scrollTo({ top: 0, behavior: "instant" }); // its bar turns from anywhere
  return true;
}

/** @param {number} index */
function go(index) {
  at = index;
  show();
  const id = steps[at].id;
  document.dispatchEvent(new CustomEvent("timeslice:step", { detail: { id } }));
}

/** @param {HTMLElement} button a copy button beside the field it copies */
async function copy(button) {
  const field = button.parentElement?.querySelector("[readonly]");
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return;
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand("copy"); // without https, or not allowed: the selection is what can be copied
  }
  const before = button.textContent;
  button.textContent = button.dataset.done ?? before;
  setTimeout(() => {
    button.textContent = before;
  }, 2000);
}

/** @param {string} id of a dialog */
function open(id) {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement)) return;
  document.dispatchEvent(new Event("timeslice:share")); // the address is written a little later than the picture is drawn
  fillAddress(dialog);
  dialog.showModal();
}

/** The link to this screen; the guess is in it only where the sharer ticks it. @param {HTMLDialogElement} dialog */
function fillAddress(dialog) {
  const [field, tick] = [dialog.querySelector("[data-address]"), dialog.querySelector("[data-with-guess]")];
  if (!(field instanceof HTMLInputElement && tick instanceof HTMLInputElement)) return;
  const link = new URL(location.href);
  link.hash = "";
  tick.parentElement?.toggleAttribute("hidden", !link.searchParams.has("guess"));
  if (!tick.checked) link.searchParams.delete("guess");
  field.value = link.href;
  tick.onchange = () => fillAddress(dialog);
}

/** The other language shows the same screen, and the front door remembers the choice. @param {HTMLAnchorElement} link */
function switchLanguage(link) {
  const named = new URLSearchParams(link.search).get("lang");
  if (named && !link.pathname.startsWith(`/${named}/`)) return nameScreen(link, named);
  link.search = location.search;
  link.hash = location.hash;
  const [, root, lang] = /^(.*)\/(zh|en)\/lessons\//.exec(link.pathname) ?? [];
  // biome-ignore lint/suspicious/noDocumentCookie: Firefox has no Cookie Store
  document.cookie = `lang=${lang};path=${root || "/"};max-age=31536000;samesite=lax`;
}

/** The address of a file does not follow the screen: the link to its other language names step and guess by itself.
 * @param {HTMLAnchorElement} link @param {string} lang */
function nameScreen(link, lang) {
  const guess = document.querySelector("[data-guess][aria-current]")?.getAttribute("data-guess");
  const query = new URLSearchParams({ lang, ...(guess && { guess }) });
  if (!root.hasAttribute("data-veil")) query.set("step", steps[at]?.id ?? "");
  link.search = query.toString();
}

document.addEventListener("click", (event) => {
  const target =
    event.target instanceof Element
      ? event.target.closest("[data-turn], [data-open], [data-copy], [data-language]")
      : null;
  if (target instanceof HTMLElement && target.dataset.turn) {
    if (event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    turn(Number(target.dataset.turn));
  } else if (target instanceof HTMLAnchorElement) switchLanguage(target);
  else if (target instanceof HTMLElement) {
    if (target.dataset.open) open(target.dataset.open);
    if (target.dataset.copy !== undefined) void copy(target);
  } else if (event.target instanceof HTMLDialogElement) event.target.close(); // its backdrop
});

document.addEventListener("keydown", (event) => {
  const by = { PageUp: -1, PageDown: 1 }[event.key];
  const busy =
    event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]");
  const field =
    event.target instanceof Element && event.target.closest("input:not([type=range], [type=radio]), textarea, select");
  if (by && !busy && !field && turn(by)) event.preventDefault();
});

document.addEventListener("timeslice:turn", (event) => {
  const id = event instanceof CustomEvent ? event.detail.id : null;
  const by = id ? indexOf(id) - at : 1;
  if (by) turn(by);
});
addEventListener("hashchange", () => {
  const index = indexOf(wanted());
  if (index >= 0) go(index);
});
openTerms();
show();

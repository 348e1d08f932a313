// Starts a lesson that plays from a file: in the language that its address names, and with its question still open or not.
import { veilLifts } from "./url_state.js";

const root = document.documentElement;
const wanted = new URLSearchParams(location.search);

/** Puts the page in the other language, which the file brings along, in the place of this one. */
function translate() {
  const text = JSON.parse(document.getElementById("other")?.textContent ?? "null");
  if (!text) return;
  const other = new DOMParser().parseFromString(text, "text/html");
  const kept = document.getElementById("recordings");
  root.lang = other.documentElement.lang;
  document.title = other.title;
  document.body.replaceWith(document.adoptNode(other.body));
  if (kept) document.getElementById("recordings")?.replaceWith(kept);
}

if (!root.lang.startsWith(wanted.get("lang") ?? root.lang)) translate();
const page = JSON.parse(document.getElementById("page")?.textContent ?? "{}");
if (veilLifts(location.search, page)) root.removeAttribute("data-veil");
await Promise.all([import("../main.js"), import("../steps.js")]);

// What an opened <details> fetches: a passage of the text once, or, each time (`data-again`), what can be taken home of the
// run or recording that is on screen by then.
import { offerKey } from "./run_keys.js";

/** @param {HTMLDetailsElement} disclosure @param {typeof import("./live.js").htmx} htmx */
export async function fillDisclosure(disclosure, htmx) {
  const link = disclosure.querySelector("a[data-part]");
  const again = disclosure.dataset.again !== undefined;
  if (again && link instanceof HTMLAnchorElement) disclosure.dataset.again = link.pathname;
  const target = again ? disclosure.querySelector("div") : link?.closest("div");
  const address = again ? disclosure.dataset.again + onScreen() : link?.getAttribute("href");
  if (!target || !address) return;
  await htmx.ajax("GET", address, { target });
  if (again) offerKey(target);
}

/** The query for what is on screen: a run, or the recording of a preset. */
function onScreen() {
  const { run } = document.getElementById("run")?.dataset ?? {};
  const preset = document.querySelector("#run-form [name=preset]");
  const query = new URLSearchParams(run ? { run } : {});
  if (preset instanceof HTMLInputElement) query.set("preset", preset.value);
  return `?${query}`;
}

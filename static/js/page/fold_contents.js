// What an opened fold fetches: a passage of the text once, or, each time (`data-again`), what can be taken home of the
// run or recording that is on screen by then.
import { offerKey } from "./run_keys.js";

/** @param {HTMLDetailsElement} fold @param {typeof import("./live.js").htmx} htmx */
export async function fillFold(fold, htmx) {
  const link = fold.querySelector("a[data-part]");
  const again = fold.dataset.again !== undefined;
  if (again && link instanceof HTMLAnchorElement) fold.dataset.again = link.pathname;
  const target = again ? fold.querySelector("div") : link?.closest("div");
  const address = again ? fold.dataset.again + onScreen() : link?.getAttribute("href");
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

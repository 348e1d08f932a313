// What of the page names the preset on screen: pills, form, provenance, claims; swapped in place, without a page load.
import { write } from "../plot/svg.js";
import { recordingUrl } from "./log_cache.js";

/** @typedef {import("../types").Page} Page */

/** @param {Page} page changed to name the preset @param {string} name @param {boolean} recorded whether its recording is shown */
export function swapPreset(page, name, recorded) {
  const preset = page.presets[name];
  if (!preset) return;
  const other = page.preset !== name;
  page.preset = name;
  page.params = { ...page.defaults, ...preset.params };
  page.recording = recordingUrl(page, name) ?? null;
  for (const pill of document.querySelectorAll(".presets [data-preset]")) {
    if (pill.getAttribute("data-preset") === name) pill.setAttribute("aria-current", "true");
    else pill.removeAttribute("aria-current");
  }
  if (other) fillForm(page.params);
  const hidden = document.querySelector('#run-form [name="preset"]');
  if (hidden instanceof HTMLInputElement) hidden.value = name;
  document.querySelector("#run-form .go")?.toggleAttribute("disabled", preset.lacks !== undefined);
  for (const item of document.querySelectorAll('[data-view="claims"] [data-claim]'))
    if (item instanceof HTMLElement) item.hidden = preset.claims?.includes(item.dataset.claim ?? "") ?? false;
  document.querySelector("#run .quiet")?.toggleAttribute("hidden", recorded); // the number of a run that is not on screen
  const provenance = document.getElementById("provenance");
  if (recorded && provenance) write(provenance, preset.provenance ?? "");
}

/** @param {Record<string, unknown>} params */
export function fillForm(params) {
  for (const [name, value] of Object.entries(params)) {
    const field = document.querySelector(`#run-form [name="${CSS.escape(name)}"]`);
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = value === true;
    else if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = String(value);
    const said = field instanceof HTMLInputElement && field.type === "range" ? field.nextElementSibling : null;
    if (said) write(said, String(value));
  }
}

/** Shows the views of a scene and no others; none: all of them. @param {string[]} views */
export function showViews(views) {
  for (const host of document.querySelectorAll("[data-view]")) {
    const name = host instanceof HTMLElement ? (host.dataset.view ?? "") : "";
    const wanted = !views.length || views.includes(name);
    const panel = host.closest(".panel");
    const beside = document.getElementById("scene-panels");
    if (panel instanceof HTMLDetailsElement && views.includes(name)) panel.open = true;
    if (panel && beside) place(panel, views.includes(name) ? beside : document.querySelector(".panels"));
    else if (host instanceof HTMLElement) host.hidden = !wanted;
  }
}

/** Moves a panel into the step's picture, or back to its place below it. @param {Element} panel @param {Element | null} to */
function place(panel, to) {
  if (!to || panel.parentElement === to) return;
  const order = Number(panel.getAttribute("data-order"));
  const after = [...to.children].find((each) => Number(each.getAttribute("data-order")) > order);
  to.insertBefore(panel, after ?? null);
}

/** Lights the lines that a scene is about, and marks the excerpt's. @param {import("../types").StepScene["code"]} code */
export function lightCode(code) {
  for (const line of document.querySelectorAll("[data-symbol] .lit, [data-symbol] .outside"))
    line.classList.remove("lit", "outside");
  if (!code) return;
  const { symbol, first, last, lit } = code;
  for (const block of document.querySelectorAll(`[data-symbol="${CSS.escape(symbol)}"]`)) {
    [...block.querySelectorAll(".line")].forEach((line, i) => {
      line.classList.toggle("outside", i + 1 < first || i + 1 > last);
      line.classList.toggle("lit", lit !== undefined && i + 1 >= lit[0] && i + 1 <= lit[1]);
    });
  }
}

/** Sets apart the action that brings the step's moment about. @param {string | undefined} action */
export function offerAction(action) {
  for (const button of document.querySelectorAll("#run [data-action]"))
    button.classList.toggle("offered", button.getAttribute("data-action") === action);
}

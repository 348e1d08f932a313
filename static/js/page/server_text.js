// Fills the elements of the server's text from the run on screen: values, counts, claims' ticks, caption.

import { claimHeld, claimsAt, claimWord, latestHeld } from "../engine/claims.js";
import { grouped } from "../engine/scale.js";
import { valueKey } from "../engine/world.js";
import { set, write } from "../plot/svg.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("../types").Say} Say */
/** @typedef {Extract<import("../types").Fact, { kind: "value.measured" }>} Value */

/** @type {Partial<Record<Value["unit"], number>>} */
const FRACTION_DIGITS = { s: 2, x: 2, cores: 2, mib: 1 };

/** The value with its unit and a sensible precision, as server/text/labels.py writes it: "1.83×", "4.0 ms", "412".
 * @param {Pick<Value, "value" | "unit">} fact @param {Say} say */
export function formatValue({ value, unit }, say) {
  const size = Math.abs(value);
  let digits = FRACTION_DIGITS[unit] ?? 0;
  if (unit === "ms" || unit === "us") digits = size >= 100 ? 0 : size >= 1 ? 1 : 2;
  // neither nothing nor everything may look like it
  if (unit === "percent") digits = (size > 0 && size < 1) || (size > 99 && size < 100) ? 1 : 0;
  const [whole, rest] = value.toFixed(digits).split(".");
  const shown = grouped(whole) + (rest ? `.${rest}` : "");
  const name = say(`unit.${unit}`);
  return unit === "x" || unit === "percent" || !name ? `${shown}${name}` : `${shown}\u00a0${name}`;
}

/** Brings all of the server's text up to the scene. @param {Scene} scene
 * @param {Pick<import("../types").Page, "labels">} page @param {Say} say */
export function updateServerText(scene, { labels }, say) {
  fillValues(scene, say);
  fillCounts(scene, say);
  tickClaims(scene, say);
  toggleConditionalText(scene);
  showProvenance(scene, say);
  showCaption(scene, labels, say);
}

/** Fills every `[data-value]`: values settle at the end of a run, whatever the playhead shows.
 * @param {Scene} scene @param {Say} say */
function fillValues({ last }, say) {
  for (const output of document.querySelectorAll("[data-value]")) {
    if (!(output instanceof HTMLElement)) continue;
    const { value: name = "", trial } = output.dataset;
    const found = last.values.get(valueKey(name, trial ? Number(trial) : null));
    if (found) write(output, formatValue(found, say));
    else if (last.run) write(output, "–");
    const figure = output.closest(".figures > div");
    if (figure instanceof HTMLElement) figure.hidden = last.ended !== null && !found; // what this run never measured
  }
}

/** Fills every `[data-count-of]`, how often a counted claim was so, as values are filled.
 * @param {Scene} scene @param {Say} say */
function fillCounts({ last }, say) {
  for (const output of document.querySelectorAll("[data-count-of]")) {
    if (!(output instanceof HTMLElement)) continue;
    const { count = null, of = null } = last.claims.get(output.dataset.countOf ?? "") ?? {};
    if (count !== null && of !== null) write(output, say("claims.count", { count, of }));
    else if (last.run) write(output, "–");
  }
}

/** Ticks every asserted `[data-claim]`, in the text and in the list, when the playhead passes what shows it.
 * @param {Scene} scene @param {Say} say */
function tickClaims(scene, say) {
  const claims = claimsAt(scene);
  for (const item of document.querySelectorAll("[data-claim][data-held]")) {
    if (!(item instanceof HTMLElement)) continue;
    const name = item.dataset.claim ?? "";
    set(item, { "data-held": claimHeld(claims, name) });
    const said = item.querySelector("small");
    if (said) write(said, say(claimWord(scene, claims, name)));
  }
}

/** Shows what is true only of a run that shows a claim, or only of one that does not. @param {Scene} scene */
function toggleConditionalText({ last }) {
  for (const passage of document.querySelectorAll("[data-when], [data-unless]")) {
    if (!(passage instanceof HTMLElement)) continue;
    const { when, unless = "" } = passage.dataset;
    const held = claimHeld(last.claims, when ?? unless) === "yes";
    const hidden = held !== (when !== undefined);
    if (passage.hidden !== hidden) passage.hidden = hidden;
  }
}

/** Shows kernel and Python of the reader's own run; a shipped recording's were rendered by the server.
 * @param {Scene} scene @param {Say} say */
function showProvenance({ last: { run, counts }, recorded }, say) {
  const line = document.getElementById("provenance");
  if (!line || recorded || !run) return;
  const slots = { switches: counts.switches, kernel: run.kernel.split("-")[0], python: run.python };
  write(line, say("provenance.live", slots));
}

/** Shows the lesson's caption of the claim that held last before the playhead, if that is of this picture.
 * @param {Scene} scene @param {Record<string, string>} labels @param {Say} say */
function showCaption(scene, labels, say) {
  const line = document.getElementById("caption");
  const key = `caption.${latestHeld(scene)}`;
  if (line) write(line, key in labels ? say(key) : "");
}

// The question, its answers and the closing, as the reader meets them: wires what the server rendered to the director.
import { onStepChange, veiled } from "../page/page.js";
import { digitOf, signOf } from "../plot/typed_key.js";
import { fillForm } from "./swap.js";

/** @typedef {import("../types").Page} Page */
/** @typedef {import("./director.js").Director} Director */
/** @typedef {Awaited<ReturnType<typeof import("../page/screen.js").createScreen>>} Screen */

const root = document.documentElement;

/** Lifts the veil; whoever comes back finds it lifted. */
function lift() {
  root.removeAttribute("data-veil");
  document.querySelector(".picture")?.removeAttribute("inert");
}

/** @param {Page} page @param {Screen} screen @param {Director} director */
export function begin(page, screen, director) {
  /** @type {string | null} */
  let guess = new URLSearchParams(location.search).get("guess");
  if (!page.answers.includes(guess ?? "")) guess = null;
  const answers = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-guess]")]);
  const verdict = document.getElementById("because");

  /** @param {string} key */
  const pick = (key) => {
    guess = key;
    const first = veiled();
    lift();
    mark();
    screen.dispatch({ do: "answer", answer: key });
    if (first) void director.go(page.scenes[0]?.step ?? "");
    verdict?.focus({ preventScroll: true });
  };
  const mark = () => {
    for (const each of answers) {
      if (each.dataset.guess === guess) each.setAttribute("aria-current", "true");
      else each.removeAttribute("aria-current");
    }
  };
  director.decided = (shown, seen) => judge(page, guess, shown, seen);
  listen(answers, pick, director);
  onStepChange((id) => id !== page.scenes[0]?.step && lift());
  recall();
  predict(director);
  mark();
}

/** Clicks and keys of the question; its links work without a script too. @param {HTMLElement[]} answers
 * @param {(key: string) => void} pick @param {Director} director */
function listen(answers, pick, director) {
  document.addEventListener("click", (event) => {
    const link =
      event.target instanceof Element
        ? event.target.closest("[data-guess], [data-skip], [data-preset], [data-see]")
        : null;
    if (!(link instanceof HTMLElement) || modified(event)) return;
    const { guess: key, skip, preset, see } = link.dataset;
    event.preventDefault();
    if (key) pick(key);
    else if (skip !== undefined || see)
      document.dispatchEvent(new CustomEvent("timeslice:turn", { detail: { id: see } }));
    else if (preset) void director.choose(preset);
  });
  document.addEventListener("keydown", (event) => {
    if (!veiled() || event.defaultPrevented || modified(event) || document.querySelector("dialog[open]")) return;
    if (signOf(event, (sign) => sign === "s") === "s")
      document
        .querySelector("[data-skip]")
        ?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
    const answer = answers[Number(digitOf(event)) - 1];
    if (answer?.dataset.guess) pick(answer.dataset.guess);
  });
}

/** @param {MouseEvent | KeyboardEvent} event */
const modified = ({ ctrlKey, altKey, metaKey }) => ctrlKey || altKey || metaKey;

/** Shows the verdict once the deciding moment has been seen. @param {Page} page @param {string | null} guess
 * @param {boolean} here whether its step is on screen @param {boolean} seen */
function judge({ right }, guess, here, seen) {
  const shown = here && guess !== null;
  const place = document.getElementById("because");
  const opening = root.dataset.ready === undefined; // what the server has shown stays until the first picture stands
  if (place && place.hidden === shown && (shown || !opening)) place.hidden = !shown;
  for (const each of document.querySelectorAll("[data-because]"))
    if (each instanceof HTMLElement) each.hidden = each.dataset.because !== guess;
  for (const each of document.querySelectorAll("[data-guess]"))
    each.toggleAttribute("data-right", seen && guess !== null && each.getAttribute("data-guess") === right);
}

/** The closing keeps its place: whoever goes to a step finds the way back to the question that sent them there. */
function recall() {
  const back = document.getElementById("back-to-recall");
  document.addEventListener("click", ({ target }) => {
    const pressed = target instanceof Element ? target.closest("[data-knew], [data-place], #back-to-recall") : null;
    if (!(pressed instanceof HTMLElement)) return;
    if (pressed.dataset.knew !== undefined) pressed.closest(".recall")?.setAttribute("data-known", "");
    if (back && pressed.dataset.place) back.dataset.to = pressed.dataset.place;
    if (back) back.hidden = !pressed.dataset.place && back.hidden;
    if (pressed !== back) return;
    back.hidden = true;
    document.getElementById(back.dataset.to ?? "")?.scrollIntoView({ block: "center" });
  });
}

/** The second prediction: picked like the first guess, then shown on its preset's recording. @param {Director} director */
function predict(director) {
  document.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("[data-predict]") : null;
    const host = button?.closest(".recall");
    if (!(button instanceof HTMLElement) || !host) return;
    for (const each of host.querySelectorAll("[data-predict]")) {
      each.setAttribute("aria-pressed", String(each === button));
      each.toggleAttribute("data-right", each.hasAttribute("data-is-right"));
    }
    const folded = host.querySelector("details");
    if (folded) folded.open = true;
    const { withPreset, withParams } = /** @type {HTMLElement} */ (host).dataset;
    if (withPreset) void director.choose(withPreset, null, true).then(() => start(withParams));
  });
}

/** A run with the prediction's parameters, where it has any and the machine can; else the recording stays on screen.
 * @param {string | undefined} params as JSON */
function start(params) {
  const go = document.querySelector("#run-form .go");
  if (!params || !(go instanceof HTMLButtonElement) || go.disabled) return;
  fillForm(JSON.parse(params));
  go.click();
}

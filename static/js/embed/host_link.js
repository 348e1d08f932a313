// An embed's side of its talk with the page around it: says how high it is and where it stands, and does what the host asks.
//
// A host may only move what is shown; runs are started by the reader's own press. Nothing that is said is a secret, so
// it is said to whoever frames the page.
import { heightMessages, keyMessage, parseRequest } from "./messages.js";

/** @typedef {{ press(name: string): void, dispatch(intent: import("../engine/player.js").Action): void }} Screen */

const FIELD = "input, textarea, select, [contenteditable], dialog[open]";

/** Begins to talk with the host, if there is one. @param {Screen} screen @param {string[]} steps their ids, which the host may ask for */
export function linkToHost(screen, steps) {
  if (parent === window) return;
  const post = (/** @type {object} */ message) => parent.postMessage(message, "*");
  let moving = false;
  addEventListener("message", (event) => {
    const request = event.source === parent ? parseRequest(event.data) : null;
    if (request) act(request, screen, moving);
  });
  hear("timeslice:step", ({ id }) => post({ type: "timeslice:step", step: id }));
  hear("timeslice:moving", (now) => {
    moving = now.moving;
    if (!moving && now.ended) post({ type: "timeslice:end" });
  });
  bindKeys(post);
  post({ type: "timeslice:ready", steps, lang: document.documentElement.lang });
  reportHeight(post);
}

/** @param {string} name of an event of the page @param {(detail: any) => void} then */
function hear(name, then) {
  document.addEventListener(name, (event) => event instanceof CustomEvent && then(event.detail));
}

/** @param {import("./messages.js").Request} request @param {Screen} screen @param {boolean} moving whether the playhead moves */
function act(request, screen, moving) {
  if (request.do === "step") turnTo(request.step);
  else if (request.do === "seek") screen.dispatch({ do: "seek", t_ns: request.t_ns });
  else if ((request.do === "play") !== moving) screen.press("play");
}

/** The text turns and its picture comes with it; without a text, or where it stands there already, the picture alone. @param {string} id */
function turnTo(id) {
  const text = document.getElementById(id);
  const turns = text?.matches(".step") && text.hidden;
  document.dispatchEvent(new CustomEvent(turns ? "timeslice:turn" : "timeslice:step", { detail: { id } }));
}

/** Keys that nothing here has used go to the host; Escape also gives the focus back. @param {(message: object) => void} post */
function bindKeys(post) {
  addEventListener("keydown", (event) => {
    const inField = event.target instanceof Element && event.target.closest(FIELD) !== null;
    if (event.defaultPrevented || event.isComposing || inField || event.key === "Tab") return;
    if (event.key === "Escape" && document.activeElement instanceof HTMLElement) document.activeElement.blur();
    post(keyMessage(event));
  });
}

/** @param {(message: object) => void} post */
function reportHeight(post) {
  let reported = 0;
  const report = () => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height === reported) return;
    reported = height;
    for (const message of heightMessages(height)) post(message);
  };
  new ResizeObserver(report).observe(document.body);
  report();
}

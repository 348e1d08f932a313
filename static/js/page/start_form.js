// The way to a run: what it needs (live.js) is fetched when the reader comes near the form, and pressing waits for it.
import { loadRemainingLabels } from "./page.js";

/** @typedef {typeof import("./live.js")} Live */
/** @typedef {{ onRequest(): void, onResponse(): void, openOutsideFrame(): void, onUnreachable(): void }} Handlers
 *  `openOutsideFrame`: a page without an origin may not start anything here */

export class StartForm {
  #page;
  #say;
  #handlers;
  #ready = false;
  /** @type {Promise<Live> | null} */
  #wanted = null;

  /** @param {import("../types").Page} page @param {import("../types").Say} say @param {Handlers} handlers */
  constructor(page, say, handlers) {
    this.#page = page;
    this.#say = say;
    this.#handlers = handlers;
    for (const name of ["pointerover", "focusin"]) document.addEventListener(name, (event) => this.#near(event));
    document.addEventListener("click", (event) => this.#press(event), true);
    document.addEventListener("submit", (event) => this.#submit(event), true);
  }

  /** What a run needs, fetched once; rejected where it cannot be had, and then tried anew the next time. */
  live() {
    this.#wanted ??= this.#fetch().catch((error) => {
      this.#wanted = null;
      throw error;
    });
    return this.#wanted;
  }

  async #fetch() {
    const [live] = await Promise.all([import("./live.js"), loadRemainingLabels(this.#page)]);
    live.bindStartForm(this.#say, this.#handlers);
    await new Promise((done) => setTimeout(done)); // htmx reads the page in a task of its own
    this.#ready = true;
    return live;
  }

  /** @param {Event} event */
  #near({ target }) {
    if (this.#ready || window.origin === "null" || !(target instanceof Element)) return;
    if (target.closest('#run-form, [form="run-form"]')) this.live().catch(() => {}); // who presses is told
  }

  /** Holds the first press of a button of the form until it can be served, then presses again. @param {MouseEvent} event */
  #press(event) {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const apart = window.origin === "null";
    if (button?.form?.id !== "run-form" || button.type !== "submit" || (this.#ready && !apart)) return;
    event.preventDefault();
    event.stopPropagation();
    if (apart) return this.#handlers.openOutsideFrame();
    button.setAttribute("aria-busy", "true");
    this.live()
      .then(() => button.click(), this.#handlers.onUnreachable)
      .finally(() => button.removeAttribute("aria-busy"));
  }

  /** The same for a form that is submitted without a press. @param {SubmitEvent} event */
  #submit(event) {
    const form = event.target;
    if (this.#ready || !(form instanceof HTMLFormElement) || form.id !== "run-form") return;
    event.preventDefault();
    this.live().then(() => form.requestSubmit(), this.#handlers.onUnreachable);
  }
}

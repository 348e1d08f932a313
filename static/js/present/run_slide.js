// What Next does on the slide of the run: starts it, waits for its first facts, and goes on without them after a while; and what it says.
import { write } from "../plot/svg.js";

/** So long Next waits for the first fact of a run, or for its end. */
export const PATIENCE_MS = 5000;

/**
 * @typedef {object} Stage
 * @property {() => number} now in ms
 * @property {() => boolean} can whether this machine can start the run
 * @property {() => boolean} over whether the run that was asked for has ended
 * @property {() => void} press starts the run
 * @property {() => void} abandon ends the run: the recording takes its place, or what was recorded until then
 */

export class RunSlide {
  #stage;
  /** @type {number | null} */
  #asked_ms = null;

  /** @param {Stage} stage */
  constructor(stage) {
    this.#stage = stage;
  }

  get asked() {
    return this.#asked_ms !== null;
  }

  /** What Next would do: "run", "wait", or "next": on to the next slide. */
  does() {
    const { can, over, now } = this.#stage;
    if (this.#asked_ms === null) return can() ? "run" : "next";
    return over() || now() - this.#asked_ms >= PATIENCE_MS ? "next" : "wait";
  }

  /** Does it; true: to the next slide. */
  next() {
    const does = this.does();
    if (does === "run") this.start();
    else if (does === "next" && this.asked && !this.#stage.over()) this.#stage.abandon();
    return does === "next";
  }

  /** Starts the run, again if one was started before. */
  start() {
    if (!this.#stage.can()) return;
    this.#asked_ms = this.#stage.now();
    this.#stage.press();
  }
}

/** Writes on a slide of the run what the page says of it; nothing of a recording that is on screen, unless no run can be
 * started. @param {HTMLElement} body @returns {boolean} whether it is such a slide */
export function sayStatus(body) {
  const line = body.querySelector(".slide-status");
  const run = document.getElementById("run");
  if (!line || !run) return false;
  const said = run.querySelector(".error") ?? document.getElementById("status");
  const speaks = run.dataset.run !== undefined || document.querySelector("#run-form .go:enabled") === null;
  write(line, said?.textContent || (speaks && run.querySelector(":scope > p")?.textContent) || "");
  return true;
}

// The status line (an ARIA live region): one sentence at each change of the run's state; keeps the run's fragment in step.
import { write } from "../plot/svg.js";

/** @typedef {import("../types").Say} Say */
/** @typedef {import("../types").World} World */

export class StatusLine {
  #say;
  #element = document.getElementById("status");
  #text = "";

  /** @param {Say} say */
  constructor(say) {
    this.#say = say;
  }

  /** Announces the label of a key; the same text is not announced twice in a row.
   * @param {string} key @param {Record<string, string | number>} [slots] */
  announce(key, slots) {
    const text = this.#say(key, slots);
    if (!this.#element || text === this.#text) return;
    this.#text = text;
    write(this.#element, text);
  }

  /** Announces a text that the server rendered. @param {string} sentence */
  announceText(sentence) {
    this.#text = sentence;
    if (this.#element) write(this.#element, sentence);
  }

  /** Clears the label of a key, if it is what the line shows. @param {string} key */
  retract(key) {
    if (!this.#element || this.#text !== this.#say(key)) return;
    this.#text = "";
    write(this.#element, "");
  }

  /** Shows the run's position in the queue and its estimated wait in the fragment.
   * @param {{ place: number, estimate_s: number, pages: number, why?: string }} waiting */
  showQueued({ place, estimate_s, pages, why }) {
    const slots = { position: place, seconds: estimate_s };
    const lacks = why ? `${this.#say(`status.waits.${why}`)} ` : "";
    const fragment = document.getElementById("run");
    replaceText(
      fragment?.querySelector("p:not([role], [data-joined])"),
      `${this.#say("status.queued", slots)} ${lacks}`,
    );
    replaceText(
      fragment?.querySelector("[data-joined]"),
      `${this.#say(pages === 2 ? "status.joined_one" : "status.joined", { others: pages - 1 })} `,
    );
  }

  /** This page has left a run that goes on for others. */
  showLeft() {
    setRunStatus("left");
    this.announce("status.left");
  }

  showRunning() {
    setRunStatus("running");
    this.announce("status.running");
  }

  /** @param {World} last @param {string | null} note what became of its recording */
  showEnded({ ended, counts }, note) {
    const reason = ended?.reason ?? "interrupted";
    const switches = ended?.summary.switches;
    setRunStatus(reason);
    if (note) return this.announce(`status.${note}`);
    const slots = {
      switches: typeof switches === "number" ? switches : counts.switches,
      message: ended?.message ?? "",
    };
    this.announce(`status.${reason}`, slots);
  }
}

/** Puts words where an element's first text stands. @param {Element | null | undefined} element @param {string} words */
function replaceText(element, words) {
  const text = element?.firstChild;
  if (text?.nodeType === Node.TEXT_NODE) write(text, words);
}

/** The run's fragment no longer says "in the queue" or "running": what it is now is in the status line.
 * @param {string} status */
function setRunStatus(status) {
  const fragment = document.getElementById("run");
  if (!fragment) return;
  fragment.dataset.status = status;
  replaceText(fragment.querySelector("p:not([role], [data-joined])"), "");
  if (status === "running") return;
  for (const each of fragment.querySelectorAll(".actions, [data-stop], [data-joined]")) each.setAttribute("hidden", "");
}

// What is said of the run beside the picture: one polite sentence at a change, and the run's fragment kept true to it.
import { write } from "../plot/svg.js";

/** @typedef {import("../types").Say} Say */
/** @typedef {import("../types").World} World */

export class Status {
  #say;
  #line = document.getElementById("status");
  #said = "";

  /** @param {Say} say */
  constructor(say) {
    this.#say = say;
  }

  /** Says a sentence by its key; the same one is not said twice in a row.
   * @param {string} key @param {Record<string, string | number>} [slots] */
  tell(key, slots) {
    const text = this.#say(key, slots);
    if (!this.#line || text === this.#said) return;
    this.#said = text;
    write(this.#line, text);
  }

  /** Says a sentence that the page brought along. @param {string} sentence */
  say(sentence) {
    this.#said = sentence;
    if (this.#line) write(this.#line, sentence);
  }

  /** Takes a sentence back that is no longer true, if it is the last said. @param {string} key */
  hush(key) {
    if (!this.#line || this.#said !== this.#say(key)) return;
    this.#said = "";
    write(this.#line, "");
  }

  /** The run waits: its place and its estimate, kept true in the fragment, and said once.
   * @param {{ place: number, estimate_s: number, pages: number }} waiting */
  queued({ place, estimate_s, pages }) {
    const slots = { position: place, seconds: estimate_s };
    const fragment = document.getElementById("run");
    put(fragment?.querySelector("p:not([role], [data-joined])"), `${this.#say("status.queued", slots)} `);
    put(
      fragment?.querySelector("[data-joined]"),
      `${this.#say(pages === 2 ? "status.joined_one" : "status.joined", { others: pages - 1 })} `,
    );
  }

  /** This page has left a run that goes on for others. */
  left() {
    settle("left");
    this.tell("status.left");
  }

  running() {
    settle("running");
    this.tell("status.running");
  }

  /** @param {World} last @param {string | null} note what became of its recording */
  ended({ ended, counts }, note) {
    const reason = ended?.reason ?? "interrupted";
    const switches = ended?.summary.switches;
    settle(reason);
    if (note) return this.tell(`status.${note}`);
    const slots = {
      switches: typeof switches === "number" ? switches : counts.switches,
      message: ended?.message ?? "",
    };
    this.tell(`status.${reason}`, slots);
  }
}

/** Puts words where an element's first text stands. @param {Element | null | undefined} element @param {string} words */
function put(element, words) {
  const text = element?.firstChild;
  if (text?.nodeType === Node.TEXT_NODE) write(text, words);
}

/** The run's fragment no longer says "in the queue" or "running": what it is now is in the status line.
 * @param {string} status */
function settle(status) {
  const fragment = document.getElementById("run");
  if (!fragment) return;
  fragment.dataset.status = status;
  put(fragment.querySelector("p:not([role], [data-joined])"), "");
  if (status === "running") return;
  for (const each of fragment.querySelectorAll(".actions, [data-stop], [data-joined]")) each.setAttribute("hidden", "");
}

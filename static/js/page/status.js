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

  /** Takes a sentence back that is no longer true, if it is the last said. @param {string} key */
  hush(key) {
    if (!this.#line || this.#said !== this.#say(key)) return;
    this.#said = "";
    write(this.#line, "");
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

/** The run's fragment no longer says "in the queue" or "running": what it is now is in the status line.
 * @param {string} status */
function settle(status) {
  const fragment = document.getElementById("run");
  if (!fragment) return;
  fragment.dataset.status = status;
  const words = fragment.querySelector("p:not([role])")?.firstChild;
  if (words?.nodeType === Node.TEXT_NODE) write(words, "");
  if (status === "running") return;
  for (const each of fragment.querySelectorAll(".actions, [data-stop]")) each.setAttribute("hidden", "");
}

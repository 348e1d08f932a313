// What the status line and the run's fragment say of a run on its way; it comes with the first run (live.js).
import { write } from "../plot/svg.js";

/** @typedef {import("../types").World} World */

export class RunStatus {
  #line;
  #say;

  /** @param {import("./status_line.js").StatusLine} line @param {import("../types").Say} say */
  constructor(line, say) {
    this.#line = line;
    this.#say = say;
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
    this.#line.announce("status.left");
  }

  showRunning() {
    setRunStatus("running");
    this.#line.announce("status.running");
  }

  /** @param {World} last @param {string | null} note what became of its recording */
  showEnded({ ended, counts }, note) {
    const reason = ended?.reason ?? "interrupted";
    const switches = ended?.summary.switches;
    setRunStatus(reason);
    if (note) return this.#line.announce(`status.${note}`);
    const slots = {
      switches: typeof switches === "number" ? switches : counts.switches,
      message: ended?.message ?? "",
      seconds: String(ended?.summary.bound_s),
    };
    const why = reason === "failed" && ended?.summary.bound_s ? "too_long" : reason;
    this.#line.announce(`status.${why}`, slots);
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

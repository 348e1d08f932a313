// What is said of the run beside the picture: one polite sentence at a change, and the run's fragment kept true to it.
import { write } from "../plot/svg.js";

/** @typedef {import("../types").Say} Say */
/** @typedef {import("../types").World} World */

/** @param {Say} say */
export function createStatus(say) {
  const line = document.getElementById("status");
  let said = "";

  /** Says a sentence by its key; the same one is not said twice in a row.
   * @param {string} key @param {Record<string, string | number>} [slots] */
  function tell(key, slots) {
    const text = say(key, slots);
    if (!line || text === said) return;
    said = text;
    write(line, text);
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

  /** Takes a sentence back that is no longer true, if it is the last said. @param {string} key */
  function hush(key) {
    if (!line || said !== say(key)) return;
    said = "";
    write(line, "");
  }

  return {
    tell,
    hush,
    running() {
      settle("running");
      tell("status.running");
    },
    /** @param {World} last @param {string | null} note what became of its recording */
    ended(last, note) {
      const reason = last.ended?.reason ?? "interrupted";
      const switches = last.ended?.summary.switches;
      settle(reason);
      if (note) return tell(`status.${note}`);
      tell(`status.${reason}`, {
        switches: typeof switches === "number" ? switches : last.counts.switches,
        message: last.ended?.message ?? "",
      });
    },
  };
}

// The run in words around the playhead, as text or as a table, in step with it; a bounded window, never the whole log.
import { Segmented } from "../../plot/segmented.js";
import { html, set } from "../../plot/svg.js";
import { around, isShown, lineOf } from "./lines.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("./lines.js").Line} Line */

const COLUMNS = ["time", "task", "from", "to", "cpu", "reason", "source"];
const PAUSE_MS = 340; // at most three changes a second while it plays

class TranscriptView {
  /** @type {"text" | "table"} */
  #form = "text";
  /** @type {Scene | null} */
  #scene = null;
  #signature = "";
  #drawn = "";
  #drawn_ms = -Infinity;
  #later = 0;
  #say;
  #ask;
  #labels;
  #list = html("ol", { class: "transcript-lines" });
  #body = html("tbody");
  #table;
  #empty;
  #toggle;
  #window;

  /** @param {Parameters<import("../../types").Create>} given */
  constructor(...[root, say, ask, page]) {
    this.#say = say;
    this.#ask = ask;
    this.#labels = page.labels;
    const columns = COLUMNS.map((column) => html("th", { scope: "col" }, say(`column.${column}`)));
    const caption = say("transcript.caption");
    const head = html("thead", {}, html("tr", {}, ...columns));
    this.#table = html("table", { hidden: true }, html("caption", {}, caption), head, this.#body);
    this.#empty = html("p", { class: "view-empty" }, say("transcript.empty"));
    const choices = /** @type {const} */ ([
      ["text", say("transcript.text")],
      ["table", say("transcript.table")],
    ]);
    this.#toggle = new Segmented(say("transcript.mode"), choices, this.#form, (form) => this.#switchTo(form));
    const region = { class: "transcript-window", tabindex: "0", role: "group", "aria-label": caption };
    this.#window = html("div", region, this.#list, this.#table);
    root.replaceChildren(html("div", { class: "transcript-bar" }, this.#toggle.root), this.#empty, this.#window);
  }

  /** @param {"text" | "table"} form */
  #switchTo(form) {
    this.#form = form;
    this.#signature = "";
    if (this.#scene) this.draw(this.#scene);
  }

  /** @param {Scene} scene */
  draw(scene) {
    const now_ms = performance.now();
    this.#scene = scene;
    const stamp = `${scene.t_ns} ${scene.version}`;
    if (this.#signature && stamp === this.#drawn) return;
    const wait_ms = PAUSE_MS - (now_ms - this.#drawn_ms);
    if (this.#signature && scene.playing && wait_ms > 0) return this.#wait(wait_ms);
    this.#drawn_ms = now_ms;
    this.#drawn = stamp;
    this.#render(scene);
  }

  /** Who follows a run may not be drawn again until more has come. @param {number} ms */
  #wait(ms) {
    this.#later ||= window.setTimeout(() => {
      this.#later = 0;
      if (this.#scene) this.draw(this.#scene);
    }, ms);
  }

  /** @param {Scene} scene */
  #render(scene) {
    const form = this.#form;
    const { past, coming } = around(scene.tracks, scene.t_ns, isShown);
    const all = [...past, ...coming];
    const signature = `${form} ${scene.version} ${past.length} ${all.map(({ position }) => position)}`;
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#empty.hidden = all.length > 0;
    this.#list.hidden = form !== "text";
    this.#table.hidden = form !== "table";
    this.#toggle.press(form);
    const focused = document.activeElement?.closest("[data-position]")?.getAttribute("data-position");
    const last = past.at(-1);
    const rows = all.map((found) => {
      const row = this.#row(lineOf(scene, this.#say, this.#labels, found), found === last, coming.includes(found));
      return set(row, { "data-position": found.position });
    });
    (form === "text" ? this.#list : this.#body).replaceChildren(...rows);
    const again = focused && rows.find((row) => row.dataset.position === focused);
    if (again) again.querySelector("button")?.focus({ preventScroll: true });
    this.#keepInView(rows.find((row) => row.hasAttribute("aria-current")));
  }

  /** @param {Line} line @param {boolean} now @param {boolean} coming */
  #row(line, now, coming) {
    const attributes = { class: coming ? "coming" : "", "aria-current": now ? "true" : null };
    const [time, ...cells] = line.cells;
    const seek = html("button", { type: "button", class: "at" }, time);
    seek.addEventListener("click", () => this.#ask({ do: "seek", t_ns: line.t_ns }));
    if (this.#form === "text") return html("li", attributes, seek, " ", line.text);
    return html("tr", attributes, html("td", {}, seek), ...cells.map((cell) => html("td", {}, cell)));
  }

  /** Scrolls only this window, never the page. @param {HTMLElement | undefined} current */
  #keepInView(current) {
    if (!current) return;
    const { clientHeight } = this.#window;
    const below = Math.min(current.offsetHeight * 3, clientHeight / 2); // room for what comes next
    this.#window.scrollTop = Math.max(0, current.offsetTop + current.offsetHeight + below - clientHeight);
  }

  destroy() {
    window.clearTimeout(this.#later);
  }
}

/** @type {import("../../types").Create} */
export const create = (...given) => new TranscriptView(...given);

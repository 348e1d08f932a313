// The kernel's table entry of a process as a card: its lines, what changed between two looks, what a zombie has no more.
import { timelineOf } from "../../engine/timeline.js";
import { html, set, write } from "../../plot/svg.js";
import { labelOf } from "../../plot/words.js";
import { cellOf, columnsOf, rowsOf } from "./read.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("./read.js").Column} Column */

/** Texts with a meaning of their own. @type {Record<string, (text: string) => string>} */
const UNITS = {
  rss_kb: (text) => `${text}\u00a0kB`,
  cpu_ms: (text) => `${text}\u00a0ms`,
  switches: (text) => text.replace(" + ", " / "),
  fd: (text) => text.replace(/^.*\/(?=[^/]+$)/, "").replace(" (deleted)", ""),
};
const LONG = 26; // letters of a text that fit into a cell; a longer one is cut in the middle

class CardView {
  #say;
  #labels;
  #drawn;
  #empty;
  #head = html("tr", {});
  #body = html("tbody", {});
  #table;
  #act;
  #hint;
  #signature = "";

  /** @param {Parameters<import("../../types").Create>} given */
  constructor(...[root, say, ask, page]) {
    this.#say = say;
    this.#labels = page.labels;
    this.#drawn = page.drawn.card ?? {};
    const action = this.#drawn.action ?? "";
    this.#empty = html("p", { class: "view-empty" }, say("card.empty"));
    this.#table = html("table", { class: "card-table" }, html("thead", {}, this.#head), this.#body);
    this.#act = html(
      "button",
      { type: "button", class: "card-act", hidden: true },
      labelOf(page.labels, say, "action", action),
    );
    this.#act.addEventListener("click", () => ask({ do: "action", action }));
    this.#hint = html("p", { class: "card-hint" });
    root.replaceChildren(this.#empty, this.#table, this.#act, this.#hint);
  }

  /** @param {Scene} scene */
  draw(scene) {
    /** @param {string} look */
    const titled = (look) => labelOf(this.#labels, this.#say, "step", look);
    const columns = columnsOf(scene, this.#drawn, this.#say, timelineOf(scene.tracks, scene.version), titled);
    const rows = rowsOf(columns, this.#drawn.rows);
    const task = columns[0]?.task;
    this.#empty.hidden = rows.length > 0;
    this.#table.hidden = rows.length === 0;
    const zombie = task?.state === "zombie" && !task.reaped;
    this.#act.hidden = !(this.#drawn.action && zombie && scene.live && scene.own);
    write(this.#hint, task?.reaped ? this.#say("card.reaped", { pid: task.pid }) : "");
    const said = columns.map(({ title, cells, was, task: each }) => [title, each.reaped, ...cells, was.size].join("|"));
    const signature = said.join("\n");
    if (signature === this.#signature) return;
    this.#signature = signature;
    set(this.#table, { "data-reaped": task?.reaped ?? false });
    this.#head.replaceChildren(
      html("td", {}, this.#whose(task)),
      ...columns.map(({ title }) => html("th", { scope: "col" }, title)),
    );
    this.#body.replaceChildren(...rows.map((of) => this.#row(of, columns)));
  }

  /** Whose looks these are, where the columns do not say it. @param {import("../../types").Task | undefined} task */
  #whose(task) {
    return task && this.#drawn.looks?.length ? `${task.name} · pid ${task.pid}` : "";
  }

  /** @param {string} of @param {Column[]} columns */
  #row(of, columns) {
    const cells = columns.map((_, i) => this.#cell(of, columns, i));
    return html("tr", {}, html("th", { scope: "row" }, this.#named(of)), ...cells);
  }

  /** @param {string} of */
  #named(of) {
    const [kind, number] = of.split(" ");
    if (kind === "fd" && number) return this.#say("card.fd", { fd: number });
    return labelOf(this.#labels, this.#say, "card", of);
  }

  /** @param {string} of @param {Column[]} columns @param {number} index */
  #cell(of, columns, index) {
    const { text, kind } = cellOf(columns, index, of);
    if (text === null) return html("td", { "data-kind": kind }, kind === "gone" ? this.#say("card.gone") : "–");
    const long =
      UNITS[of.split(" ")[0]]?.(text) ?? (of === "state" ? labelOf(this.#labels, this.#say, "card.state", text) : text);
    if (kind === "same")
      return html("td", { "data-kind": kind, title: long, "aria-label": this.#say("card.same") }, "＝");
    return html("td", { "data-kind": kind, title: long }, shortened(long));
  }
}

/** Its beginning and its end. @param {string} text */
function shortened(text) {
  if (text.length <= LONG) return text;
  return `${text.slice(0, LONG / 2 - 1)}…${text.slice(1 - LONG / 2)}`;
}

/** @type {import("../../types").Create} */
export const create = (...given) => new CardView(...given);

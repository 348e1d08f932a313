// The two axes as a table: every call of the run stands in the cell that its own record puts it in, EAGAIN outside.
import { duration, grouped } from "../../engine/scale.js";
import { html } from "../../plot/svg.js";
import { trialName } from "../../plot/words.js";
import { callsReader, classifyCall, refusals, stateTotals } from "../calls/read.js";

/** @typedef {import("../calls/read.js").Call} Call */
/** @typedef {import("../calls/read.js").Sums} Sums */
/** @typedef {import("../../types").Scene} Scene */
/** @typedef {"sync.blocked" | "sync.awake" | "async.blocked" | "async.awake" | "refused"} Cell */
/** @typedef {{ call: Call, sums: Sums, cell: Cell, refused: number }} Placed */

const ROWS = /** @type {const} */ (["sync", "async"]);
const COLUMNS = /** @type {const} */ (["blocked", "awake"]);
const MARGIN = 0.05; // of a call's length, shown before and after it when it is picked

/** Where a call belongs: refused, or by what it returned with and by what its caller's thread mostly did until then.
 * @param {Call} call @param {Sums} sums @returns {Cell} */
export function cellOf(call, sums) {
  const { axis } = classifyCall(call, sums);
  return axis === "refused" ? axis : `${axis}.${sums.asleep_ns > sums.running_ns ? "blocked" : "awake"}`;
}

/** Every finished call, in its place. @param {Call[]} calls @param {import("../../types").Tracks} tracks @returns {Placed[]} */
export function placed(calls, tracks) {
  return calls
    .filter((call) => call.over)
    .map((call) => {
      const sums = stateTotals(tracks, call);
      return { call, sums, cell: cellOf(call, sums), refused: refusals(call) };
    });
}

class MatrixView {
  #root;
  #say;
  #ask;
  #labels;
  #calls;
  /** @type {Map<Cell, HTMLElement>} */
  #lists = new Map();
  #empty;
  #table;
  #outside;
  #signature = "";

  /** @param {Parameters<import("../../types").Create>} given */
  constructor(...[root, say, ask, page]) {
    this.#root = root;
    this.#say = say;
    this.#ask = ask;
    this.#labels = page.labels;
    this.#calls = callsReader(page.drawn);
    this.#empty = html("p", { class: "view-empty" }, say("bars.empty"));
    this.#table = this.#buildTable();
    const title = html("p", { class: "matrix-title" }, ...titled(say("matrix.outside")));
    this.#outside = html("div", { class: "matrix-outside" }, title, this.#list("refused"));
    root.replaceChildren(this.#empty, this.#table, this.#outside);
  }

  /** @param {Cell} cell */
  #list(cell) {
    const list = html("ul", { class: "matrix-list" });
    this.#lists.set(cell, list);
    return list;
  }

  #buildTable() {
    const say = this.#say;
    const columns = COLUMNS.map((column) => html("th", { scope: "col" }, ...titled(say(`matrix.${column}`))));
    const rows = ROWS.map((row) => {
      const cells = COLUMNS.map((column) => {
        return html("td", { class: `matrix-cell ${column}` }, this.#list(`${row}.${column}`));
      });
      return html("tr", {}, html("th", { scope: "row" }, ...titled(say(`matrix.${row}`))), ...cells);
    });
    const head = html("thead", {}, html("tr", {}, html("td", {}), ...columns));
    const attributes = { class: "matrix-table", "aria-label": say("matrix.caption") };
    return html("table", attributes, head, html("tbody", {}, ...rows));
  }

  /** @param {Scene} scene */
  draw({ tracks, version, selected }) {
    const found = placed(this.#calls(tracks, version), tracks);
    for (const element of [this.#table, this.#outside]) element.hidden = !found.length;
    this.#empty.hidden = found.length > 0;
    const signature = `${version},${selected}`;
    if (signature !== this.#signature) this.#fill(found, selected);
    this.#signature = signature;
  }

  /** The focus stays on the button of the same place. @param {Placed[]} found @param {number | null} selected */
  #fill(found, selected) {
    const focused = [...this.#root.querySelectorAll("button")].findIndex((button) => button.matches(":focus"));
    for (const [cell, list] of this.#lists) {
      const here = found.filter((each) => each.cell === cell).map((each) => this.#chip(each, selected));
      list.replaceChildren(...(here.length ? here : [html("li", { class: "matrix-none" }, this.#say("matrix.none"))]));
    }
    if (focused >= 0) this.#root.querySelectorAll("button")[focused]?.focus();
  }

  /** @param {Placed} placed @param {number | null} selected */
  #chip({ call, sums, refused }, selected) {
    const say = this.#say;
    const { running_ns, asleep_ns, ready_ns } = sums;
    const shares = [
      share("blocked", asleep_ns, sums),
      share("ready", ready_ns, sums),
      share("running", running_ns, sums),
    ];
    const parts = [
      html("strong", {}, trialName(call.trial, this.#labels, say)),
      html("span", { class: "matrix-bar", "aria-hidden": "true" }, ...shares),
    ];
    if (refused) {
      parts.push(html("span", { class: "matrix-refused" }, say("matrix.refused", { count: grouped(refused) })));
    }
    const times = say("matrix.times", { asleep: length(asleep_ns), running: length(running_ns) });
    const attributes = { type: "button", "aria-pressed": String(selected === call.caller) };
    const button = html("button", attributes, ...parts, html("span", {}, times));
    button.addEventListener("click", () => this.#pick(call));
    return html("li", {}, button);
  }

  /** @param {Call} call */
  #pick({ caller, calls, end_ns }) {
    const { from_ns } = calls[0];
    const margin = (end_ns - from_ns) * MARGIN;
    this.#ask({ do: "select", task: caller });
    this.#ask({ do: "show", from_ns: Math.max(0, Math.round(from_ns - margin)), to_ns: Math.round(end_ns + margin) });
    this.#ask({ do: "seek", t_ns: Math.round((from_ns + end_ns) / 2) });
  }
}

/** @type {import("../../types").Create} */
export const create = (...given) => new MatrixView(...given);

/** @param {number} ns */
const length = (ns) => (ns > 0 ? duration(ns) : "0\u00a0ms");

/** "Word: explanation" as a strong word and its explanation. @param {string} text @returns {(Node | string)[]} */
function titled(text) {
  const [, name = text, rest = ""] = text.match(/^(.*?)[:：]\s*(.*)$/) ?? [];
  return [html("strong", {}, name), ...(rest ? [" ", html("span", {}, rest)] : [])];
}

/** @param {string} state @param {number} ns @param {Sums} sums */
function share(state, ns, { wall_ns }) {
  const part = html("span", { class: `swatch ${state}` });
  part.style.inlineSize = `${(100 * ns) / wall_ns}%`;
  return part;
}

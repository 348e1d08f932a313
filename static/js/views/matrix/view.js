// The two axes as a table: every call of the run stands in the cell that its own record puts it in, EAGAIN outside.
import { duration, grouped } from "../../engine/scale.js";
import { html, set, write } from "../../plot/svg.js";
import { trialName, word } from "../../plot/words.js";
import { axesOf, callsReader, refusals, sumsOf } from "../calls/read.js";

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
  const { axis } = axesOf(call, sums);
  return axis === "refused" ? axis : `${axis}.${sums.asleep_ns > sums.running_ns ? "blocked" : "awake"}`;
}

/** Every finished call, in its place. @param {Call[]} calls @param {import("../../types").Tracks} tracks @returns {Placed[]} */
export function placed(calls, tracks) {
  return calls
    .filter((call) => call.over)
    .map((call) => {
      const sums = sumsOf(tracks, call);
      return { call, sums, cell: cellOf(call, sums), refused: refusals(call) };
    });
}

/** @type {import("../../types").Create} */
export function create(root, say, ask, page) {
  const empty = html("p", { class: "view-empty" }, say("bars.empty"));
  /** @type {Map<Cell, HTMLElement>} */
  const lists = new Map();
  /** @param {Cell} cell */
  const list = (cell) => {
    const made = html("ul", { class: "matrix-list" });
    lists.set(cell, made);
    return made;
  };
  const head = html(
    "tr",
    {},
    html("td", {}),
    ...COLUMNS.map((column) => html("th", { scope: "col" }, ...titled(say(`matrix.${column}`)))),
  );
  const rows = ROWS.map((row) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, ...titled(say(`matrix.${row}`))),
      ...COLUMNS.map((column) => html("td", { class: `matrix-cell ${column}` }, list(`${row}.${column}`))),
    ),
  );
  const table = html(
    "table",
    { class: "matrix-table", "aria-label": say("matrix.caption") },
    html("thead", {}, head),
    html("tbody", {}, ...rows),
  );
  const guess = html("p", { class: "matrix-guess" });
  const outside = html(
    "div",
    { class: "matrix-outside" },
    html("p", { class: "matrix-title" }, ...titled(say("matrix.outside"))),
    list("refused"),
    guess,
  );
  root.replaceChildren(empty, table, outside);
  let signature = "";
  const calls = callsReader(page.drawn);

  /** @param {Placed} one @param {Scene} scene */
  function chip({ call, sums, refused }, { selected }) {
    const { running_ns, asleep_ns } = sums;
    const times = say("matrix.times", { asleep: length(asleep_ns), running: length(running_ns) });
    const asked = refused
      ? [html("span", { class: "matrix-refused" }, say("matrix.refused", { count: grouped(refused) }))]
      : [];
    const button = html(
      "button",
      { type: "button" },
      html("strong", {}, trialName(call.trial, page.labels, say)),
      html(
        "span",
        { class: "matrix-bar", "aria-hidden": "true" },
        share("blocked", asleep_ns, sums),
        share("ready", sums.ready_ns, sums),
        share("running", running_ns, sums),
      ),
      ...asked,
      html("span", {}, times),
    );
    button.addEventListener("click", () => pick(call));
    set(button, { "aria-pressed": String(selected === call.caller) });
    return html("li", {}, button);
  }

  /** @param {Call} call */
  function pick(call) {
    const [from, to] = [call.calls[0].from_ns, call.end_ns];
    const margin = (to - from) * MARGIN;
    ask({ do: "select", task: call.caller });
    ask({ do: "show", from_ns: Math.max(0, Math.round(from - margin)), to_ns: Math.round(to + margin) });
    ask({ do: "seek", t_ns: Math.round((from + to) / 2) });
  }

  /** @param {Placed[]} found @param {Scene} scene */
  function fill(found, scene) {
    const focused =
      document.activeElement instanceof HTMLElement && root.contains(document.activeElement)
        ? [...root.querySelectorAll("button")].indexOf(/** @type {HTMLButtonElement} */ (document.activeElement))
        : -1;
    for (const [cell, element] of lists) {
      const here = found.filter((one) => one.cell === cell);
      element.replaceChildren(
        ...(here.length
          ? here.map((one) => chip(one, scene))
          : [html("li", { class: "matrix-none" }, say("matrix.none"))]),
      );
    }
    if (focused >= 0) root.querySelectorAll("button")[focused]?.focus();
  }

  return {
    draw(scene) {
      const { tracks, version, selected } = scene;
      const found = placed(calls(tracks, version), tracks);
      for (const element of [table, outside]) element.hidden = !found.length;
      empty.hidden = found.length > 0;
      write(guess, scene.guess ? say("lanes.guess_of", { guess: word(page.labels, say, "guess", scene.guess) }) : "");
      const now = [version, selected].join();
      if (now !== signature) fill(found, scene);
      signature = now;
    },
  };
}

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

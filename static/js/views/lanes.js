// @ts-check
// The lanes: one a task or one a core, on one clock, with a line that says what is under the playhead.
import { duration, instant } from "../scale.js";
import { html, set, write } from "../svg.js";
import { createBoard } from "./lanes_board.js";
import { createLegend } from "./lanes_legend.js";
import { nameOf, what } from "./words.js";

/** @typedef {import("../types").Scene} Scene */

/** @type {import("../types").Create} */
export function create(root, say, ask, page) {
  root.replaceChildren();
  /** @type {"task" | "core"} */
  let mode = "task";
  /** @type {Scene | null} */
  let scene = null;
  let position = 0;
  const board = createBoard({ say, ask, page, mode: () => mode, hovered: () => scene && readout(scene) });
  const readoutText = html("p", { class: "lanes-readout" });
  const record = html("button", { type: "button", class: "lanes-record", hidden: true }, say("lanes.evidence"));
  record.addEventListener("click", () => ask({ do: "evidence", position }));
  const buttons = /** @type {const} */ (["task", "core"]).map((kind) => {
    const button = html("button", { type: "button", "aria-pressed": String(kind === mode) }, say(`lanes.by_${kind}`));
    button.addEventListener("click", () => switchTo(kind));
    return button;
  });
  const toggle = html("div", { class: "segmented", role: "group", "aria-label": say("lanes.group") }, ...buttons);
  const empty = html("p", { class: "view-empty" }, say("lanes.empty"));
  const legend = createLegend(say);
  const bar = html("div", { class: "lanes-bar" }, readoutText, record, toggle);
  root.append(bar, empty, board.root, legend.root);

  /** @param {"task" | "core"} kind */
  function switchTo(kind) {
    mode = kind;
    buttons.forEach((button, i) => set(button, { "aria-pressed": String((i === 0) === (kind === "task")) }));
    if (scene) draw(scene);
  }

  /** The task and instant the line speaks of: under the pointer, else the selected (or first) at the playhead.
   * @param {Scene} now */
  function subject(now) {
    const hover = board.hover();
    if (hover?.row.task != null) return { task: hover.row.task, t_ns: hover.t_ns };
    const rows = board.layout()?.rows ?? [];
    if (hover && hover.row.cpu != null) return { task: now.tracks.tasks().find((task) => runs(now, task, hover)), t_ns: hover.t_ns };
    return { task: now.selected ?? rows.find((row) => row.task != null && now.tracks.at(row.task, now.t_ns))?.task ?? rows[0]?.task,
      t_ns: now.t_ns };
  }

  /** @param {Scene} now @param {number} task @param {{ row: { cpu: number | null }, t_ns: number }} hover */
  function runs(now, task, hover) {
    const one = now.tracks.at(task, hover.t_ns);
    return one?.state === "running" && one.cpu === hover.row.cpu;
  }

  /** @param {Scene} now */
  function readout(now) {
    const { task, t_ns } = subject(now);
    const cast = board.cast();
    if (task == null || !cast) return write(readoutText, "");
    const one = now.tracks.at(task, t_ns);
    const gone = t_ns > (cast.tasks.get(task)?.died_ns ?? Infinity);
    const slots = { time: instant(t_ns - zeroOf(task)), name: nameOf(cast, task, say), what: what(say, one, gone) };
    const end = one && (one.to_ns ?? null);
    write(readoutText, one && end != null ? say("readout.line", { ...slots, length: duration(end - one.from_ns) })
      : say("readout.open", slots));
    record.hidden = !one;
    position = one?.position ?? 0;
  }

  /** The zero of the axis for a task, so that the line and the axis agree. @param {number} task */
  const zeroOf = (task) => (board.layout()?.groups ?? []).find((group) => group.trial && group.trial.trial
    === board.cast()?.tasks.get(task)?.trial)?.zero_ns ?? 0;

  /** @param {Scene} now */
  function draw(now) {
    scene = now;
    board.draw(now);
    const rows = board.layout()?.rows.length ?? 0;
    empty.hidden = rows > 0;
    bar.hidden = rows === 0;
    legend.root.hidden = rows === 0 || mode === "core";
    if (!rows) return;
    if (mode === "core") seats(now);
    legend.draw(now);
    readout(now);
  }

  /** @param {Scene} now */
  function seats(now) {
    const at = board.layout();
    if (!at) return;
    board.names.seats(at, (row) => {
      const on = now.world.cores.get(row.cpu ?? -1);
      const here = !row.group.trial || row.group.trial.trial === now.world.trial;
      return on && here ? now.world.tasks.get(on)?.name ?? "" : "–";
    });
  }

  return { draw, destroy: () => board.destroy() };
}

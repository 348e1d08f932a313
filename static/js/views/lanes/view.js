// @ts-check
// The lanes: one a task or one a core, on one clock, with a line that says what is under the playhead.
import { duration, instant } from "../../engine/scale.js";
import { html, set, write } from "../../plot/svg.js";
import { createBoard } from "../../plot/board.js";
import { groupAt } from "../../plot/layout.js";
import { createLegend } from "../../plot/legend.js";
import { nameOf, what } from "../../plot/words.js";

/** @typedef {import("../../types").Scene} Scene */

/** @type {import("../../types").Create} */
export function create(root, say, ask, page) {
  root.replaceChildren();
  /** @type {"task" | "core"} */
  let mode = "task"; // as the scene says; the page's address keeps it
  /** @type {Scene | null} */
  let scene = null;
  let position = 0;
  const board = createBoard({ say, ask, page, mode: () => mode, hovered: () => scene && readout(scene) });
  const readoutText = html("p", { class: "lanes-readout" });
  const record = html("button", { type: "button", class: "lanes-record", hidden: true }, say("lanes.evidence"));
  record.addEventListener("click", () => ask({ do: "evidence", position }));
  const buttons = /** @type {const} */ (["task", "core"]).map((kind) => {
    const button = html("button", { type: "button", "aria-pressed": String(kind === mode) }, say(`lanes.by_${kind}`));
    button.addEventListener("click", () => ask({ do: "fold", lanes: kind }));
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
  }

  /** The task and instant the line speaks of, and the zero it counts from: under the pointer, else the selected task (or
   * the first of this trial that is alive) at the playhead. @param {Scene} now */
  function subject(now) {
    const hover = board.hover();
    const layout = board.layout();
    if (hover) {
      const task = hover.row.task ?? now.tracks.tasks().find((one) => runs(now, one, hover));
      return { task, t_ns: hover.t_ns, zero_ns: hover.row.group.zero_ns };
    }
    const home = layout && groupAt(layout, now.t_ns);
    const tasks = (home?.rows ?? []).flatMap((row) => row.task ?? []);
    const first = tasks.find((task) => ![undefined, "zombie"].includes(now.tracks.at(task, now.t_ns)?.state)) ?? tasks[0];
    return { task: now.selected ?? first ?? now.tracks.tasks()[0], t_ns: now.t_ns, zero_ns: home?.zero_ns ?? 0 };
  }

  /** @param {Scene} now @param {number} task @param {{ row: { cpu: number | null }, t_ns: number }} hover */
  function runs(now, task, hover) {
    const one = now.tracks.at(task, hover.t_ns);
    return one?.state === "running" && one.cpu === hover.row.cpu;
  }

  /** @param {Scene} now */
  function readout(now) {
    const { task, t_ns, zero_ns } = subject(now);
    const cast = board.cast();
    if (task == null || !cast) return write(readoutText, "");
    const one = now.tracks.at(task, t_ns);
    const gone = t_ns > (cast.tasks.get(task)?.died_ns ?? Infinity);
    const slots = { time: instant(t_ns - zero_ns), name: nameOf(cast, task, say), what: what(say, one, gone) };
    const end = one && (one.to_ns ?? null);
    write(readoutText, one && end != null ? say("readout.line", { ...slots, length: duration(end - one.from_ns) })
      : say("readout.open", slots));
    record.hidden = !one;
    position = one?.position ?? 0;
  }

  /** @param {Scene} now */
  function draw(now) {
    scene = now;
    if ((now.lanes ?? "task") !== mode) switchTo(now.lanes ?? "task");
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

  return { draw, shown: board.shown, destroy: () => board.destroy() };
}

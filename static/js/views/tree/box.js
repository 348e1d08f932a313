// One process of the tree: a box with its name, its pid and a bar of its lane, which selects it.
import { svg } from "../../plot/svg.js";

/** @typedef {{ word: string, selected: boolean, label: string, level: number, select: () => void }} Dress */

/** @param {import("./layout.js").Node} node @param {import("./layout.js").Size} size @param {Dress} dress */
export function createBox({ kin, x, y }, { box_w, box_h }, { word, selected, label, level, select }) {
  const { task, gone } = kin;
  const narrow = box_w < 120;
  const [bar_y, bar_h] = [box_h - 25, 18];
  const bar = svg("rect", { class: "tree-bar", x: 8, y: bar_y, width: box_w - 16, height: bar_h });
  const said = svg("text", { class: "tree-word", x: box_w / 2, y: bar_y + 13, "text-anchor": "middle" }, word);
  const name = svg("text", { class: "tree-name", x: 9, y: 20 }, task.name);
  const pid = svg("text", { class: "tree-pid", x: box_w - 9, y: 20, "text-anchor": "end" }, String(task.pid));
  const item = { role: "treeitem", "aria-level": level, "aria-selected": String(selected), "aria-label": label };
  const size = { width: box_w, height: box_h, rx: 5 };
  const frame = svg("rect", { class: "tree-box", ...size, ...item, tabindex: 0, "data-task": task.task });
  const words = svg("g", { "aria-hidden": "true" }, said, name, ...(narrow && task.name.length > 4 ? [] : [pid]));
  const root = svg(
    "g",
    { class: "tree-process", "data-state": gone ? "gone" : task.state, transform: `translate(${x} ${y})` },
    frame,
    ...boxEdges(task.state, gone, box_w, bar_y, bar_h, bar),
    words,
  );
  root.addEventListener("click", select);
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    select();
  });
  return root;
}

/** The bar, and the thick ends by which a blocked one is known. @param {string} state @param {boolean} gone
 * @param {number} box_w @param {number} y @param {number} height @param {SVGRectElement} bar */
function boxEdges(state, gone, box_w, y, height, bar) {
  if (state !== "blocked" || gone) return [bar];
  const end = (/** @type {number} */ x) => svg("rect", { class: "tree-end", x, y, width: 3, height });
  return [bar, end(8), end(box_w - 11)];
}

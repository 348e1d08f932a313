// Processes as boxes below their parents, groups as outlines, the foreground one thick; a signal's way from the terminal.
import { html, set, svg, write } from "../../plot/svg.js";
import { stateText } from "../../plot/words.js";
import { createBox } from "./box.js";
import { layoutTree, NARROW, outlineOrder, parentPath, signalBus, signalPath, WIDE } from "./layout.js";
import { treeAt } from "./read.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("./layout.js").Layout} Layout */
/** @typedef {import("./layout.js").Outline} Outline */
/** @typedef {import("./read.js").ProcessTree} Family */

const NARROW_PX = 560; // a column narrower than this has small boxes
const TERMINAL_W = 96; // room at the right for the signal's name
const LAUNCHER_W = 90; // and for that of an orphan's new parent

class TreeView {
  #root;
  #say;
  #ask;
  #drawn;
  #picture = svg("svg", { class: "tree-picture", role: "tree" });
  #empty;
  #said = html("p", { class: "tree-said" });
  #signature = "";

  /** @param {Parameters<import("../../types").Create>} given */
  constructor(...[root, say, ask, page]) {
    this.#root = root;
    this.#say = say;
    this.#ask = ask;
    this.#drawn = page.drawn;
    this.#empty = html("p", { class: "view-empty" }, say("tree.empty"));
    set(this.#picture, { "aria-label": say("tree.label") });
    this.#picture.addEventListener("keydown", (event) => this.#walk(event));
    root.replaceChildren(this.#empty, this.#picture, this.#said);
  }

  /** Up and down through the tree, as a tree is expected to have it. @param {KeyboardEvent} event */
  #walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = [...this.#picture.querySelectorAll("[role=treeitem]")];
    const next = step && all[all.findIndex((each) => each.matches(":focus")) + step];
    if (!(next instanceof SVGElement)) return;
    event.preventDefault();
    event.stopPropagation();
    next.focus();
  }

  /** @param {Scene} scene */
  draw(scene) {
    const family = treeAt(scene, this.#drawn);
    const narrow = this.#root.clientWidth > 0 && this.#root.clientWidth < NARROW_PX;
    const key = signatureOf(family, scene, narrow);
    if (key === this.#signature) return;
    this.#signature = key;
    this.#empty.hidden = family.kin.length > 0;
    this.#paint(scene, family, layoutTree(family.kin, narrow ? NARROW : WIDE), narrow);
    write(this.#said, this.#sentence(family));
  }

  /** @param {Scene} scene @param {Family} family @param {Layout} layout @param {boolean} narrow */
  #paint(scene, family, layout, narrow) {
    const adopted = layout.nodes.filter(({ kin }) => kin.parent === 0 && kin.born_to !== 0 && !kin.gone);
    const width = layout.width + (narrow ? 64 : TERMINAL_W) + (adopted.length ? LAUNCHER_W : 0);
    set(this.#picture, { viewBox: `0 0 ${width} ${layout.height}`, width, height: layout.height });
    const held = this.#picture.querySelector(":focus")?.getAttribute("data-task");
    this.#picture.replaceChildren(
      arrowHeads(),
      ...layout.outlines.map((outline) => outlineOf(outline, family)),
      ...this.#lines(layout),
      ...layout.outlines.map((outline) => this.#groupName(outline, family)),
      ...(adopted.length ? this.#adoptions(adopted, layout, width) : []),
      ...outlineOrder(layout.nodes).map(({ node, level }) =>
        createBox(node, layout.size, { ...this.#update(scene, node.kin, family), level }),
      ),
      ...this.#signalArrows(family, layout, width),
    );
    const again = held && this.#picture.querySelector(`[data-task="${held}"]`);
    if (again instanceof SVGElement) again.focus({ preventScroll: true });
  }

  /** What a box says: what is drawn around it, its group, too. @param {Scene} scene @param {import("./read.js").TreeProcess} kin
   * @param {Family} family */
  #update(scene, { task, group, gone }, { foreground }) {
    const doing = stateText(this.#say, scene.tracks.at(task.task, scene.t_ns), gone);
    const box = this.#say("tree.box", { name: task.name, pid: task.pid, what: doing });
    const outline = this.#say(group === foreground ? "tree.front" : "tree.group", { group: group ?? 0 });
    return {
      word: this.#stateWord(task, gone),
      selected: scene.selected === task.task,
      label: group === null || gone ? box : `${box}${this.#say("tree.between")}${outline}`,
      select: () => this.#ask({ do: "select", task: task.task }),
    };
  }

  /** The word in the bar. @param {import("../../types").Task} task @param {boolean} gone */
  #stateWord(task, gone) {
    if (gone) return this.#say("what.gone");
    if (task.state === "blocked" && task.waits_for) return this.#say(`waits.${task.waits_for}`);
    return this.#say(`state.${task.state}`);
  }

  /** Over the lines, so that none crosses a word. @param {Outline} outline @param {Family} family */
  #groupName({ group, x, y, nodes }, { foreground, key }) {
    const front = group === foreground;
    const untouched = key !== null && !nodes.some(({ kin }) => kin.reached);
    const word = front ? "tree.front" : untouched ? "tree.nothing" : "tree.group";
    const text = this.#say(word, { group });
    const at = { x: x + 14, y: y + 5, "data-front": front };
    const ground = svg("text", { class: "tree-group tree-ground", ...at }, text);
    return svg("g", { "aria-hidden": "true" }, ground, svg("text", { class: "tree-group", ...at }, text));
  }

  /** @param {Layout} layout */
  #lines({ nodes, size }) {
    const by = new Map(nodes.map((node) => [node.kin.task.task, node]));
    return nodes.flatMap((node) => {
      const parent = by.get(node.kin.born_to);
      const left = node.kin.parent !== node.kin.born_to;
      return parent ? [svg("path", { class: "tree-line", "data-left": left, d: parentPath(parent, node, size) })] : [];
    });
  }

  /** Dashed arrows from orphans to their new parent. @param {import("./layout.js").Node[]} orphans @param {Layout} layout
   * @param {number} width */
  #adoptions(orphans, { size }, width) {
    const [x, y] = [width - 6, 16];
    const name = svg("text", { class: "tree-parent", x, y: y + 4, "text-anchor": "end" }, this.#say("tree.launcher"));
    const arrows = orphans.map((node) => {
      const from = node.x + size.box_w;
      const middle = node.y + size.box_h / 2;
      const d = `M${from} ${middle}H${width - 20}V${y + 14}`;
      return svg("path", { class: "tree-adopted", d, "marker-end": "url(#tree-blue)" });
    });
    return [name, ...arrows];
  }

  /** The signal enters at the foreground outline and goes to exactly those that it has reached by now.
   * @param {Family} family @param {Layout} layout @param {number} width */
  #signalArrows({ key }, { nodes, size }, width) {
    const reached = nodes.filter(({ kin }) => kin.reached);
    if (!key || !reached.length) return [];
    const bus = signalBus(nodes, reached, size);
    const name = svg("text", { x: width - 4, y: bus.y - 6, "text-anchor": "end" }, key.name);
    const trunk = svg("path", { d: `M${width} ${bus.y}H${bus.x}` });
    const ways = reached.map((node) => svg("path", { d: signalPath(node, bus, size), "marker-end": "url(#tree-red)" }));
    return [svg("g", { class: "tree-bus" }, trunk, ...ways, svg("circle", { cx: bus.x, cy: bus.y, r: 4 }), name)];
  }

  /** @param {Family} family */
  #sentence({ key, kin }) {
    if (!key) return "";
    const tasks = kin.filter(({ reached }) => reached).map(({ task }) => task);
    const alike = new Set(tasks.map(({ name }) => name)).size < tasks.length;
    const names = tasks.map(({ name, pid }) => (alike ? `${name} ${pid}` : name));
    return this.#say(names.length ? "tree.reached" : "tree.none", {
      signal: key.name,
      names: names.join(this.#say("tree.between")),
    });
  }
}

/** @param {Outline} outline @param {Family} family */
const outlineOf = ({ group, x, y, width, height }, { foreground }) =>
  svg("rect", { class: "tree-outline", x, y, width, height, rx: 10, "data-front": group === foreground });

/** What the picture depends on. @param {Family} family @param {Scene} scene @param {boolean} narrow */
function signatureOf({ kin, foreground, key }, { selected }, narrow) {
  const each = kin.map(({ task, parent, group, gone, reached }) =>
    [task.task, task.name, task.state, task.cpu, task.waits_for, parent, group, gone, reached].join(),
  );
  return [each.join(";"), foreground, key?.t_ns, selected, narrow].join("|");
}

function arrowHeads() {
  const head = (/** @type {string} */ id) => {
    const box = { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 6, markerHeight: 6, orient: "auto" };
    return svg("marker", box, svg("path", { d: "M0 0L8 4L0 8Z", class: id }));
  };
  return svg("defs", {}, head("tree-red"), head("tree-blue"));
}

/** @type {import("../../types").Create} */
export const create = (...given) => new TreeView(...given);

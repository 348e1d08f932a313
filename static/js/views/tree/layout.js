// Where boxes, outlines and lines of the tree lie: parents above their children, members of a group side by side. Pure.

/** @typedef {import("./read.js").TreeProcess} Kin */
/** @typedef {{ box_w: number, box_h: number, gap: number, apart: number, pitch: number, top: number, side: number }} Size
 *   `apart` is the gap between neighbours of two groups, whose names stand side by side */
/** @typedef {{ kin: Kin, x: number, y: number, depth: number }} Node  upper left corner of its box */
/** @typedef {{ group: number, x: number, y: number, width: number, height: number, nodes: Node[] }} Outline */
/** @typedef {{ nodes: Node[], outlines: Outline[], width: number, height: number, size: Size }} Layout */

/** @type {Size} */
export const WIDE = { box_w: 152, box_h: 54, gap: 30, apart: 84, pitch: 108, top: 34, side: 16 };
/** @type {Size} */
export const NARROW = { box_w: 84, box_h: 50, gap: 16, apart: 84, pitch: 96, top: 30, side: 8 };
const PAD = 12; // of an outline around its boxes
const LABEL = 12; // what the group's name needs above them

/** @param {Kin[]} kin @param {Size} size @returns {Layout} */
export function layoutTree(kin, size) {
  const known = new Set(kin.map(({ task }) => task.task));
  /** @type {Node[]} */
  const nodes = [];
  let right = size.side + PAD;
  /** @type {Kin | null} */
  let before = null; // the leaf at the left
  /** @param {Kin} one @param {number} depth @returns {Node} */
  const place = (one, depth) => {
    const below = childrenOf(one, kin).map((child) => place(child, depth + 1));
    if (!below.length && before) right += before.group === one.group ? size.gap : size.apart;
    const y = size.top + depth * size.pitch;
    const own = below.filter((node) => node.kin.group === one.group);
    const over = own.length ? own : below;
    const x = over.length ? (over[0].x + over[over.length - 1].x) / 2 : right;
    if (!below.length) [right, before] = [right + size.box_w, one];
    const node = { kin: one, x, y, depth };
    nodes.push(node);
    return node;
  };
  for (const root of kin.filter(({ born_to }) => !known.has(born_to))) place(root, 0);
  const outlines = groupOutlines(nodes, size);
  const deepest = Math.max(0, ...nodes.map(({ depth }) => depth));
  const height = size.top + deepest * size.pitch + size.box_h + PAD + 9;
  return { nodes, outlines, width: right + size.side + PAD, height, size };
}

/** The nodes as the tree has them now, parents before their children, each with its level from 1: whoever cannot see it hears it
 * in this order. An orphan is a child of the launcher, at the top. @param {Node[]} nodes @returns {{ node: Node, level: number }[]} */
export function outlineOrder(nodes) {
  const known = new Set(nodes.map(({ kin }) => kin.task.task));
  const parentOf = (/** @type {Kin} */ { parent }) => (known.has(parent) ? parent : 0);
  /** @param {number} parent @param {number} level @returns {{ node: Node, level: number }[]} */
  const below = (parent, level) =>
    [...nodes]
      .filter(({ kin }) => parentOf(kin) === parent)
      .sort((a, b) => a.x - b.x)
      .flatMap((node) => [{ node, level }, ...below(node.kin.task.task, level + 1)]);
  return below(0, 1);
}

/** Its children: those of its own group first, then group by group; one with a group of its own stands apart.
 * @param {Kin} parent @param {Kin[]} kin */
function childrenOf(parent, kin) {
  const own = (/** @type {Kin} */ child) => Number(child.group !== parent.group);
  return kin
    .filter(({ born_to }) => born_to === parent.task.task)
    .sort((a, b) => own(a) - own(b) || (a.group ?? 0) - (b.group ?? 0) || a.task.task - b.task.task);
}

/** @param {Node[]} nodes @param {Size} size @returns {Outline[]} */
function groupOutlines(nodes, { box_w, box_h }) {
  /** @type {Map<number, Node[]>} */
  const groups = new Map();
  for (const node of nodes) {
    const { group, gone } = node.kin;
    if (group !== null && !gone) groups.set(group, [...(groups.get(group) ?? []), node]);
  }
  return [...groups].map(([group, members]) => {
    const x = Math.min(...members.map((node) => node.x)) - PAD;
    const y = Math.min(...members.map((node) => node.y)) - PAD - LABEL;
    const width = Math.max(...members.map((node) => node.x)) + box_w + PAD - x;
    const height = Math.max(...members.map((node) => node.y)) + box_h + PAD - y;
    return { group, x, y, width, height, nodes: members };
  });
}

/** Where a signal comes in from the right: beside the topmost box that it has reached, below it where others are in the way.
 * @param {Node[]} nodes @param {Node[]} reached at least one @param {Size} size
 * @returns {{ x: number, y: number, beside: Node, under: boolean }} */
export function signalBus(nodes, reached, { box_w, box_h }) {
  const beside = reached.reduce((a, b) => (b.y < a.y || (b.y === a.y && b.x > a.x) ? b : a));
  const edge = Math.max(...reached.map((node) => node.x + box_w));
  const under = nodes.some((node) => node.y === beside.y && node.x > beside.x);
  const y = beside.y + (under ? box_h + PAD + 3 : box_h / 2); // below the outlines too: what it passes gets nothing
  return { x: Math.max(edge - 8, beside.x + box_w + 12), y, beside, under };
}

/** The way of a signal from its bus, at the right, to a box: straight to the one beside the bus, to others from above.
 * @param {Node} node @param {{ x: number, y: number, beside: Node, under: boolean }} bus @param {Size} size */
export function signalPath(node, bus, { box_w, box_h }) {
  if (node === bus.beside && bus.under) return `M${bus.x} ${bus.y}H${node.x + box_w / 2}V${node.y + box_h}`;
  if (node === bus.beside) return `M${bus.x} ${bus.y}H${node.x + box_w}`;
  const above = node.y - 9;
  return `M${bus.x} ${bus.y}V${above}H${node.x + box_w / 2}V${node.y}`;
}

/** The line from a parent's box down to its child's. @param {Node} parent @param {Node} child @param {Size} size */
export function parentPath(parent, child, { box_w, box_h }) {
  const from = parent.x + box_w / 2;
  const to = child.x + box_w / 2;
  const bend = parent.y + box_h + 14;
  return `M${from} ${parent.y + box_h}V${bend}H${to}V${child.y}`;
}

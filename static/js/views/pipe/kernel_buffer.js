// The pipe between the programs: shorter for a small capacity, as full as the kernel says, cut where an end is closed.
import { grouped } from "../../engine/scale.js";
import { set, svg, write } from "../../plot/svg.js";
import { fillLevel } from "./layout.js";
import { estimatedWidth } from "./program.js";
import { hasEnded, pipeEndOf } from "./read.js";

/** @typedef {import("./layout.js").Layout} Layout */
/** @typedef {import("./layout.js").Box} Box */
/** @typedef {import("./read.js").Read} Read */

export class KernelBuffer {
  root;
  #say;
  #title;
  #inside = svg("rect", {});
  #level = svg("rect", { class: "pipe-water", "clip-path": "url(#pipe-tube-clip)" });
  #wall = svg("rect", { class: "pipe-tube" });
  #text = svg("text", { class: "pipe-level" });
  #cuts = [svg("path", { class: "pipe-cut" }), svg("path", { class: "pipe-cut" })];

  /** @param {import("../../types").Say} say */
  constructor(say) {
    this.#say = say;
    this.#title = svg("text", { class: "pipe-label" }, say("pipe.pipe"));
    const clip = svg("clipPath", { id: "pipe-tube-clip" }, this.#inside);
    this.root = svg("g", {}, clip, this.#title, this.#level, this.#wall, ...this.#cuts, this.#text);
  }

  /** @param {Layout} layout @param {Read} now @param {number} size */
  draw({ tube, wide: inRow, tail, grep }, now, size) {
    const between = (grep.x - tail.x - tail.width - 8) / ((size > 1 ? 1.2 : 1) * size); // the programs' boxes
    const room = inRow ? between : Infinity;
    this.#placeTitle(tube, inRow, room, size);
    const round = { ...tube, rx: tube.height / 2 };
    const full = now.level > 0 && (now.level === now.capacity || pipeEndOf(now.tasks.tail) === "out");
    set(this.#inside, round);
    set(this.#wall, { ...round, "data-full": full });
    set(this.#level, { ...fillLevel(tube, now.level, now.capacity) });
    this.#placeLevel(tube, now, room, size);
    this.#placeBreak(0, hasEnded(now.tasks.tail), tube.x - 3, tube);
    this.#placeBreak(1, hasEnded(now.tasks.grep), tube.x + tube.width + 3, tube);
  }

  /** @param {Box} tube @param {boolean} inRow @param {number} room @param {number} size */
  #placeTitle(tube, inRow, room, size) {
    const name = this.#say("pipe.pipe");
    const at = inRow
      ? { x: tube.x + tube.width / 2, class: "pipe-label" }
      : { x: tube.x + 8, class: "pipe-label start" };
    set(this.#title, { ...at, y: tube.y - 8 * size });
    write(this.#title, estimatedWidth(name) <= room ? name : this.#say("pipe.short"));
  }

  /** @param {Box} tube @param {Read} now @param {number} room @param {number} size */
  #placeLevel(tube, { level, capacity }, room, size) {
    const slots = { bytes: grouped(level), capacity: grouped(capacity) };
    const long = this.#say("pipe.level", slots);
    const words = estimatedWidth(long) <= room ? long : `${slots.bytes} / ${slots.capacity}`;
    const inside = estimatedWidth(words) * size + 12 <= tube.width; // else below the tube
    const y = inside ? tube.y + tube.height / 2 + 5 * size : tube.y + tube.height + 20 * size;
    set(this.#text, { x: tube.x + tube.width / 2, y });
    write(this.#text, words);
  }

  /** @param {0 | 1} i @param {boolean} closed @param {number} x @param {Box} tube */
  #placeBreak(i, closed, x, { y, height }) {
    set(this.#cuts[i], { d: closed ? breakEdge(x, y - 6, height + 12) : "" });
  }
}

/** @param {number} x @param {number} y @param {number} height */
function breakEdge(x, y, height) {
  const part = height / 6;
  return `M${x} ${y}${Array.from({ length: 6 }, (_, i) => `l${i % 2 ? -6 : 6} ${part}`).join("")}`;
}

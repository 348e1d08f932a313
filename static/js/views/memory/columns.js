// Two columns of squares: a page that both share is drawn through both, one that was copied stands in each by itself.
import { html, set, svg, write } from "../../plot/svg.js";

/** @typedef {import("./read.js").Squares} Squares */

const ACROSS = 23;
const HEAD = 22; // above the squares: the names
const SIDE = 0.8; // of a square, as a share of the pitch

/** Outlines of squares as one path. @param {number[]} places @param {number} left @param {number} pitch */
function path(places, left, pitch) {
  const side = (pitch * SIDE).toFixed(1);
  return places
    .map(
      (at) =>
        `M${(left + (at % ACROSS) * pitch).toFixed(1)} ${(HEAD + Math.floor(at / ACROSS) * pitch).toFixed(1)}h${side}v${side}h-${side}z`,
    )
    .join("");
}

export class Columns {
  root;
  #picture = svg("svg", { class: "memory-columns", preserveAspectRatio: "xMinYMin" });
  #copied = svg("path", { class: "memory-copied" });
  #shared = svg("path", { class: "memory-shared" });
  #through = svg("path", { class: "memory-through" });
  #front = svg("path", { class: "memory-front" });
  #names = [svg("text", { class: "memory-name" }), svg("text", { class: "memory-name" })];
  #foot = html("p", { class: "memory-foot" });

  constructor() {
    this.#picture.append(this.#shared, this.#through, this.#copied, this.#front, ...this.#names);
    this.root = html("div", {}, this.#picture, this.#foot);
  }

  /** @param {Squares} squares @param {number} width @param {string[]} names of the two tasks
   * @param {string} foot what a square is @param {string} summary the picture in words @param {number | null} share how far the work is */
  draw({ copied }, width, names, foot, summary, share) {
    const gap = width < 420 ? 44 : 56;
    const pitch = Math.min(10, (width - gap) / (2 * ACROSS));
    const right = ACROSS * pitch + gap;
    const rows = Math.ceil(copied.length / ACROSS);
    const height = HEAD + rows * pitch;
    const wide = right + ACROSS * pitch;
    set(this.#picture, { width: wide, height, viewBox: `0 0 ${wide} ${height}`, role: "img", "aria-label": summary });
    const [own, both] = [true, false].map((is) => copied.flatMap((each, at) => (each === is ? [at] : [])));
    set(this.#copied, { d: path(own, 0, pitch) + path(own, right, pitch) });
    set(this.#shared, { d: path(both, 0, pitch) + path(both, right, pitch) });
    const shared = new Set(both.map((at) => Math.floor(at / ACROSS)));
    const line = [...shared].map(
      (row) =>
        `M${(ACROSS * pitch + 2).toFixed(1)} ${(HEAD + (row + 0.4) * pitch).toFixed(1)}H${(right - 4).toFixed(1)}`,
    );
    set(this.#through, { d: line.join("") });
    const y = share === null || share <= 0 || share >= 1 ? null : HEAD + share * rows * pitch;
    set(this.#front, { d: y === null ? "" : `M${(right - 6).toFixed(1)} ${y.toFixed(1)}H${wide}` });
    this.#names.forEach((text, at) => {
      write(set(text, { x: at ? right : 0, y: 14 }), names[at] ?? "");
    });
    write(this.#foot, foot);
  }
}

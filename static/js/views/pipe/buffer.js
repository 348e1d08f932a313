// The stdio buffer of a grep that does not print line by line: how many bytes wait in it.
import { set, svg, write } from "../../plot/svg.js";

/** @typedef {import("./layout.js").Box} Box */
/** @typedef {import("./read.js").Read} Read */

export const BUFFER_PX = 50; // width

export class StdioBuffer {
  #say;
  #wall = svg("rect", { class: "pipe-tank", rx: 4 });
  #level = svg("rect", { class: "pipe-held" });
  #title;
  #text = svg("text", { class: "pipe-tiny" });
  root;

  /** @param {import("../../types").Say} say */
  constructor(say) {
    this.#say = say;
    this.#title = svg("text", { class: "pipe-tiny" }, say("pipe.stdio"));
    this.root = svg("g", {}, this.#level, this.#wall, this.#title, this.#text);
  }

  /** @param {Box} box of the program @param {boolean} inRow @param {Read} now @param {number} size */
  draw(box, inRow, { buffered, buffer_bytes, buffer_capacity }, size) {
    const width = BUFFER_PX * size;
    const height = 42 * size;
    const [x, y] = [box.x + box.width - width - 8, box.y + (inRow ? 34 * size : 8)];
    const part = Math.min(1, (buffer_bytes ?? 0) / buffer_capacity);
    set(this.root, { visibility: buffered ? "visible" : "hidden" });
    set(this.#wall, { x, y, width, height });
    set(this.#level, { x: x + 1, width: width - 2, height: height * part, y: y + height * (1 - part) });
    set(this.#title, { x: x + width / 2, y: y + 16 * size });
    set(this.#text, { x: x + width / 2, y: y + 32 * size });
    write(this.#text, buffer_bytes === null ? "–" : this.#say("pipe.bytes", { bytes: buffer_bytes }));
  }
}

// The file that the pipeline reads, with its newest lines, and the arrows from it through the programs.
import { set, svg, write } from "../../plot/svg.js";

/** @typedef {import("../../types").Say} Say */
/** @typedef {import("./layout.js").Layout} Layout */
/** @typedef {import("./read.js").Read} Read */

export const LINES = 6;

export class LogFile {
  root;
  #say;
  #title;
  #frame = svg("rect", { class: "pipe-paper", rx: 6 });
  #mark = svg("rect", { class: "pipe-fresh" });
  #inside = svg("rect", {});
  #rows = Array.from({ length: LINES }, () => svg("text", { class: "pipe-line" }));

  /** @param {Say} say */
  constructor(say) {
    this.#say = say;
    this.#title = svg("text", { class: "pipe-title" }, say("pipe.log"));
    const clip = svg("clipPath", { id: "pipe-log-clip" }, this.#inside);
    const lines = svg("g", { "clip-path": "url(#pipe-log-clip)" }, ...this.#rows);
    this.root = svg("g", {}, clip, this.#title, this.#frame, this.#mark, lines);
  }

  /** @param {Layout} layout @param {Read} now @param {number} size */
  draw({ log, lines }, { written, wakes }, size) {
    set(this.#title, { x: log.x + 4, y: log.y - 8 * size });
    set(this.#frame, { ...log });
    set(this.#inside, { ...log, width: log.width - 6 });
    const shown = written.slice(-Math.min(lines, LINES));
    const pitch = 17 * size;
    this.#rows.forEach((row, i) => {
      const line = shown[i];
      set(row, { x: log.x + 10, y: log.y + pitch * (i + 1), class: `pipe-line${line?.many ? " burst" : ""}` });
      write(row, line?.many ? this.#say("pipe.burst", { count: line.text }) : (line?.text ?? ""));
    });
    const last = shown.at(-1);
    const fresh = last && wakes.tail && last.t_ns <= wakes.tail.t_ns;
    const y = log.y + pitch * (shown.length - 1) + 4;
    set(this.#mark, { x: log.x + 2, y, width: fresh ? log.width - 4 : 0, height: pitch });
  }
}

export class Arrows {
  root;
  #say;
  #lines = Array.from({ length: 3 }, () => svg("line", { class: "pipe-arrow", "marker-end": "url(#pipe-head)" }));
  #word = svg("text", { class: "pipe-label" });

  /** @param {Say} say */
  constructor(say) {
    this.#say = say;
    const box = {
      id: "pipe-head",
      viewBox: "0 0 8 8",
      refX: 7,
      refY: 4,
      markerWidth: 8,
      markerHeight: 8,
      orient: "auto",
    };
    const head = svg("marker", box, svg("path", { d: "M0 0L8 4L0 8Z", class: "pipe-head" }));
    this.root = svg("g", {}, svg("defs", {}, head), ...this.#lines, this.#word);
  }

  /** @param {Layout} layout @param {Read} now @param {number} size */
  draw({ arrows, wide: inRow }, { pipeline }, size) {
    this.#lines.forEach((line, i) => {
      const { from, to } = arrows[i];
      if (inRow) set(line, { x1: from[0] + 3, y1: from[1], x2: to[0] - 3, y2: to[1] });
      else set(line, { x1: from[0], y1: from[1] + 2, x2: to[0], y2: to[1] - 2 });
    });
    const { from, to } = arrows[0];
    if (inRow) set(this.#word, { x: (from[0] + to[0]) / 2, y: from[1] - 10 * size, class: "pipe-label" });
    else set(this.#word, { x: from[0] + 12, y: (from[1] + to[1]) / 2 + 5, class: "pipe-label start" });
    write(this.#word, this.#say(pipeline?.trial.params.inotify === false ? "pipe.polls" : "pipe.inotify"));
  }
}

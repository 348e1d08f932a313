// The pipeline: the log, tail, the pipe with its real level, grep with its buffer; who sleeps is drawn where it sleeps.
import { duration, grouped } from "../../engine/scale.js";
import { html, set, svg, write } from "../../plot/svg.js";
import { spokenName } from "../../plot/words.js";
import { Arrows, LINES, LogFile } from "./file.js";
import { KernelBuffer } from "./kernel_buffer.js";
import { layoutPipe, sizeOf } from "./layout.js";
import { ProgramBox } from "./program.js";
import { pipeAt } from "./read.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("./read.js").Read} Read */
/** @typedef {import("./wakes.js").Wake} Wake */

class PipeView {
  #root;
  #say;
  #drawn;
  #parts;
  #tail;
  #grep;
  #picture;
  #line = html("p", { class: "pipe-said" });
  #signature = "";

  /** @param {Parameters<import("../../types").Create>} given */
  constructor(...[root, say, ask, page]) {
    this.#root = root;
    this.#say = say;
    this.#drawn = page.drawn;
    const [log, tube, arrows] = [new LogFile(say), new KernelBuffer(say), new Arrows(say)];
    this.#parts = [log, tube, arrows];
    this.#tail = new ProgramBox(say, "tail", ask);
    this.#grep = new ProgramBox(say, "grep", ask);
    const inOrder = [arrows, log, tube, this.#tail, this.#grep].map((part) => part.root);
    this.#picture = svg("svg", { class: "pipe-picture", role: "group" }, ...inOrder);
    root.replaceChildren(this.#picture, this.#line);
  }

  /** @param {Scene} scene */
  draw(scene) {
    const width = Math.max(280, Math.floor(this.#root.clientWidth));
    const text = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;
    const [size, share] = sizeOf(width, text);
    const signature = [width, size, scene.version, scene.t_ns, scene.selected].join();
    if (signature === this.#signature) return;
    this.#signature = signature;
    const now = pipeAt(scene, LINES, this.#drawn);
    const layout = layoutPipe(width, now.capacity, size);
    this.#picture.style.setProperty("--share", String(share));
    const slots = { bytes: grouped(now.level), capacity: grouped(now.capacity) };
    const box = { width, height: layout.height, viewBox: `0 0 ${width} ${layout.height}` };
    set(this.#picture, { ...box, "aria-label": this.#say("pipe.summary", slots) });
    for (const part of this.#parts) part.draw(layout, now, size);
    this.#tail.draw(layout.tail, layout.wide, now, scene, size);
    this.#grep.draw(layout.grep, layout.wide, now, scene, size);
    write(this.#line, this.#caption(now));
  }

  /** Who woke whom, and after how long; else what the picture is. @param {Read} now */
  #caption({ wakes, tasks }) {
    const tail = wakes.tail && this.#wakeSentence(wakes.tail, spokenName(tasks.writer?.name ?? "", this.#say), "tail");
    const grep = wakes.grep && this.#wakeSentence(wakes.grep, "tail", "grep");
    const parts = [tail, grep].filter((part) => part !== null);
    return parts.length ? parts.join(this.#say("pipe.then")) : this.#say("pipe.caption");
  }

  /** @param {Wake} wake @param {string} by @param {string} name */
  #wakeSentence({ after_ns, error_ns }, by, name) {
    const time = error_ns ? `${duration(after_ns)} ± ${duration(error_ns)}` : duration(after_ns);
    return this.#say("pipe.woke", { by, name, time });
  }
}

/** @type {import("../../types").Create} */
export const create = (...given) => new PipeView(...given);

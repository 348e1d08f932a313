// One program of the pipeline as a box: its name, its state at the end where it sleeps, and the stdio buffer of a grep that
// does not print line by line.
import { set, svg, write } from "../../plot/svg.js";
import { stateText } from "../../plot/words.js";
import { BUFFER_PX, StdioBuffer } from "./buffer.js";
import { hasEnded, pipeEndOf } from "./read.js";

/** @typedef {import("../../types").Say} Say */
/** @typedef {import("../../types").Task} Task */
/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("./layout.js").Box} Box */
/** @typedef {import("./read.js").Read} Read */

/** The state in one or two words: "blocked · poll". @param {Say} say @param {Task | null} task */
export function shortState(say, task) {
  if (!task) return say("what.unborn");
  if (hasEnded(task)) return say("pipe.gone");
  if (task.state === "blocked" && task.waits_for)
    return say("pipe.blocked", { reason: say(`waits.${task.waits_for}`) });
  if (task.state === "running") return say("pipe.running", { cpu: task.cpu ?? "?" });
  return say(`state.${task.state}`);
}

export class ProgramBox {
  root;
  #say;
  #role;
  #task = 0;
  #frame = svg("rect", { class: "pipe-box", rx: 8 });
  #name = svg("text", { class: "pipe-name" });
  #who = svg("text", { class: "pipe-who" });
  #pill = svg("rect", { class: "pipe-pill", rx: 12 });
  #state = svg("text", { class: "pipe-state" });
  #moon = svg("path", { class: "pipe-moon" });
  /** @type {StdioBuffer | null} */
  #buffer = null;

  /** @param {Say} say @param {"tail" | "grep"} role @param {(intent: import("../../types").Intent) => void} ask */
  constructor(say, role, ask) {
    this.#say = say;
    this.#role = role;
    const parts = [this.#frame, this.#name, this.#who, this.#pill, this.#state, this.#moon];
    this.root = svg("g", { class: "pipe-program" }, ...parts);
    if (role === "grep") {
      this.#buffer = new StdioBuffer(say);
      this.root.append(this.#buffer.root);
    }
    // by keyboard: in the lanes and the diagram of states
    this.root.addEventListener("click", () => this.#task && ask({ do: "select", task: this.#task }));
  }

  /** @param {Box} box @param {boolean} inRow @param {Read} now @param {Scene} scene @param {number} size */
  draw(box, inRow, now, scene, size) {
    const say = this.#say;
    const task = now.tasks[this.#role];
    this.#task = task?.task ?? 0;
    const words = shortState(say, task);
    const fits = estimatedWidth(words) * size + 42 <= box.width; // else the reason stands above its state
    set(this.root, {
      "data-state": hasEnded(task) ? "zombie" : (task?.state ?? "unborn"),
      "data-selected": task !== null && scene.selected === task.task,
      role: "img",
      "aria-label": say("stage.token", { name: this.#role, what: this.#stateText(task, scene) }),
    });
    set(this.#frame, { ...box });
    set(this.#name, { x: box.x + 12, y: box.y + 24 * size });
    write(this.#name, say(`pipe.${this.#role}`));
    set(this.#who, { x: box.x + 12, y: box.y + 43 * size });
    const reason = !fits && task?.waits_for;
    const number = task ? say("pipe.pid", { pid: task.pid }) : "";
    write(this.#who, reason ? say(`waits.${reason}`) : number);
    const besides = this.#buffer && now.buffered && !inRow ? (BUFFER_PX + 8) * size : 0;
    this.#placeState(box, inRow, fits || !task ? words : say(`state.${task.state}`), pipeEndOf(task), besides, size);
    this.#buffer?.draw(box, inRow, now, size);
  }

  /** @param {Task | null} task @param {Scene} scene */
  #stateText(task, { tracks, t_ns }) {
    return task ? stateText(this.#say, tracks.at(task.task, t_ns), hasEnded(task)) : shortState(this.#say, task);
  }

  /** The state, at the end where it waits, else in the middle; a moon on the edge of the box says that it sleeps there.
   * @param {Box} box @param {boolean} inRow @param {string} words @param {"in" | "out" | null} end
   * @param {number} besides pixels that the buffer needs at the right @param {number} size */
  #placeState(box, inRow, words, end, besides, size) {
    const width = Math.min(box.width - 16, estimatedWidth(words) * size + 26);
    const height = 25 * size;
    const right = box.x + box.width - width - 8 - besides;
    const { x, y } = placeInBox(box, inRow, end, right, width, height);
    set(this.#pill, { x, y, width, height, rx: height / 2 });
    set(this.#state, { x: x + width / 2, y: y + 17 * size });
    write(this.#state, words);
    const [atX, atY] = inRow
      ? [end === "out" ? box.x + box.width : box.x, y - 9 * size]
      : [box.x + box.width / 2 + 26, end === "out" ? box.y + box.height : box.y];
    set(this.#moon, { d: end ? crescentPath(atX, atY, 7 * size) : "" });
  }
}

/** Where the state stands: in a row at the left or right end or between them, else above, below or halfway.
 * @param {Box} box @param {boolean} inRow @param {"in" | "out" | null} end @param {number} right x if it stands at the right
 * @param {number} width @param {number} height @returns {{ x: number, y: number }} */
export function placeInBox(box, inRow, end, right, width, height) {
  const [first, last] = [box.y + 8, box.y + box.height - height - 8];
  if (inRow) return { x: end === "out" ? right : end === "in" ? box.x + 8 : box.x + (box.width - width) / 2, y: last };
  return { x: right, y: end === "out" ? last : end === "in" ? first : (first + last) / 2 };
}

/** Rough width of a text of 13 px: Han characters are twice as wide. @param {string} text */
export const estimatedWidth = (text) =>
  [...text].reduce((sum, one) => sum + (/[\u2e80-\uffef]/.test(one) ? 13 : 7.2), 0);

/** @param {number} x @param {number} y @param {number} r */
const crescentPath = (x, y, r) =>
  `M${x + r * 0.4} ${y - r}A${r} ${r} 0 1 0 ${x + r} ${y + r * 0.4}A${r * 0.8} ${r * 0.8} 0 0 1 ${x + r * 0.4} ${y - r}Z`;

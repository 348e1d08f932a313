// The textbook's states in fixed places, stopped and ended small beside them; the transition just taken lights up with its cause.
import { timelineOf } from "../../engine/timeline.js";
import { html, set, svg, write } from "../../plot/svg.js";
import { stateText, taskName } from "../../plot/words.js";
import { lastTransition, markerPositions, PLACES, SIZE, TRANSITIONS, tasksOf } from "./geometry.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("../../types").Say} Say */
/** @typedef {import("../../types").Task} Task */
/** @typedef {{ root: SVGGElement, box: SVGRectElement, name: SVGTextElement }} Token */
/** @typedef {{ root: SVGGElement, path: SVGPathElement }} Arrow */

const MOVE_MS = 250;
const MOST = 2; // tokens that may move at once; more jump

/** @param {string} id @param {number} refX @param {number} size @param {string | null} kind */
function arrowHead(id, refX, size, kind) {
  const box = { id, viewBox: "0 0 8 8", refX, refY: 4, markerWidth: size, markerHeight: size, orient: "auto" };
  return svg("marker", box, svg("path", { d: "M0 0L8 4L0 8Z", class: kind }));
}

/** @param {string} state @param {{ x: number, y: number, r: number }} place @param {Say} say */
function stateCircle(state, { x, y, r }, say) {
  const name = svg("text", { x, y: y - r + (r > 40 ? 23 : 20) }, say(`state.${state}`));
  return svg("g", { class: "machine-state", "data-state": state }, svg("circle", { cx: x, cy: y, r }), name);
}

/** @param {string} cause @param {{ d: string, x: number, y: number, anchor: string }} way @param {Say} say @returns {Arrow} */
function transitionArrow(cause, { d, x, y, anchor }, say) {
  const path = svg("path", { d, "marker-end": "url(#machine-head)" });
  const word = svg("text", { x, y, "text-anchor": anchor }, say(`cause.${cause}`));
  return { root: svg("g", { class: "machine-way" }, path, word), path };
}

class MachineView {
  #say;
  #ask;
  #outside;
  #states;
  #arrows;
  #tokens = svg("g", {});
  #line = html("p", { class: "machine-said" });
  /** @type {Map<number, Token>} */
  #made = new Map();
  #moved_ms = 0;
  #signature = "";

  /** @param {Parameters<import("../../types").Create>} given */
  constructor(...[root, say, ask, page]) {
    this.#outside = page.drawn.outside ?? [];
    this.#say = say;
    this.#ask = ask;
    this.#states = Object.entries(PLACES).map(([state, place]) => stateCircle(state, place, say));
    this.#arrows = new Map(
      Object.entries(TRANSITIONS).map(([cause, way]) => [cause, transitionArrow(cause, way, say)]),
    );
    const heads = svg("defs", {}, arrowHead("machine-head", 7, 7, null), arrowHead("machine-lit", 6, 6, "machine-lit"));
    const arrows = [...this.#arrows.values()].map((arrow) => arrow.root);
    const box = { class: "machine-picture", viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "group" };
    const attributes = { ...box, "aria-label": say("machine.summary") };
    root.replaceChildren(svg("svg", attributes, heads, ...this.#states, ...arrows, this.#tokens), this.#line);
  }

  /** @param {Scene} scene */
  draw(scene) {
    const tasks = tasksOf(scene.world).map((task) => `${task.task}${task.name}${task.state}${task.since_ns}`);
    const key = `${tasks}|${scene.selected}|${scene.reduced}`;
    if (key === this.#signature) return;
    this.#signature = key;
    this.#place(scene);
    this.#highlight(scene);
  }

  /** @param {Task} task @returns {Token} */
  #token({ task }) {
    const found = this.#made.get(task);
    if (found) return found;
    const [box, name] = [svg("rect", { y: -10, height: 20, rx: 10 }), svg("text", { y: 4 })];
    const root = svg("g", { class: "machine-token", role: "button", tabindex: 0 }, box, name);
    const select = () => this.#ask({ do: "select", task });
    root.addEventListener("click", select);
    root.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      select();
    });
    const made = { root, box, name };
    this.#made.set(task, made);
    return made;
  }

  /** @param {Scene} scene */
  #place(scene) {
    const all = markerPositions(scene.world).map((seat) => ({ ...seat, token: this.#token(seat.task) }));
    const moving = all.filter(({ token, x, y }) => token.root.dataset.at !== `${x},${y}`);
    const now_ms = performance.now();
    set(this.#tokens, { "data-jump": scene.reduced || moving.length > MOST || now_ms - this.#moved_ms < MOVE_MS });
    if (moving.length) this.#moved_ms = now_ms;
    for (const { token, task, x, y } of all) this.#update(token, task, x, y, scene);
    const wanted = new Set(all.map(({ task }) => task.task));
    for (const [task, { root }] of this.#made) {
      if (wanted.has(task)) continue;
      root.remove();
      this.#made.delete(task);
    }
    this.#order(all);
  }

  /** By task, whatever came first to the screen: Tab and a screen reader go by the order. Those that are there stay where they
   * are, with the focus that one may have. @param {{ token: Token, task: Task }[]} all */
  #order(all) {
    const sorted = [...all].sort((one, other) => one.task.task - other.task.task);
    for (const [i, { token }] of sorted.entries()) {
      const there = this.#tokens.children[i] ?? null;
      if (there !== token.root) this.#tokens.insertBefore(token.root, there);
    }
  }

  /** @param {Token} token @param {Task} task @param {number} x @param {number} y @param {Scene} scene */
  #update({ root, box, name }, task, x, y, scene) {
    const width = Math.max(38, 14 + task.name.length * 7.5);
    const doing = stateText(this.#say, scene.tracks.at(task.task, scene.t_ns));
    set(root, {
      "data-state": task.state,
      "data-at": `${x},${y}`,
      transform: `translate(${x} ${y})`,
      "aria-pressed": String(scene.selected === task.task),
      "aria-label": this.#say("stage.token", { name: task.name, what: doing }),
    });
    set(box, { x: -width / 2, width });
    write(name, task.name);
  }

  /** Lights the transition just taken, and says whose it was and who caused it. @param {Scene} scene */
  #highlight(scene) {
    const last = lastTransition(scene.world, scene.selected, this.#outside);
    for (const [cause, { root, path }] of this.#arrows) {
      const on = cause === last?.cause;
      set(root, { "data-on": on });
      set(path, { "marker-end": `url(#machine-${on ? "lit" : "head"})` });
    }
    for (const state of this.#states) set(state, { "data-on": state.dataset.state === last?.state });
    write(this.#line, last ? this.#sentence(scene, last) : "");
  }

  /** @param {Scene} scene @param {Task} last */
  #sentence(scene, last) {
    const say = this.#say;
    const slots = { name: last.name, cause: say(`cause.${last.cause}`) };
    if (last.cause === "woken" && last.by !== null) {
      const by = taskName(timelineOf(scene.tracks, scene.version), last.by, say, last.by_name);
      return say("machine.by", { ...slots, by });
    }
    const reason = last.cause === "waits" && last.waits_for;
    return reason ? say("machine.reason", { ...slots, reason: say(`waits.${reason}`) }) : say("machine.last", slots);
  }
}

/** @type {import("../../types").Create} */
export const create = (...given) => new MachineView(...given);

// One process as a strip of its states, with a cap where it ended: an exit code in a box, a signal's number filled in.
import { set, svg } from "../../plot/svg.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("./read.js").End} End */

const HEIGHT = 24;
const CAP = 28;
const MOST = 400; // intervals drawn of one strip
const LEAST = 0.15; // percent of the strip: what is shorter is still seen

export class ExitLane {
  root = svg("svg", { class: "exits-lane", height: HEIGHT, "aria-hidden": "true" });
  #bars = svg("g", {});
  #cap = svg("g", { class: "exits-cap" });
  #box = svg("rect", { width: CAP, height: HEIGHT });
  #number = svg("text", { y: 17, "text-anchor": "middle" });
  #head = svg("line", { class: "exits-playhead", y1: 0, y2: HEIGHT });

  constructor() {
    this.#cap.append(this.#box, this.#number);
    this.root.append(this.#bars, this.#cap, this.#head);
  }

  /** @param {Scene} scene @param {End} end */
  draw({ scale, tracks, t_ns, veiled }, end) {
    /** @param {number} at_ns */
    const x = (at_ns) => Math.min(100, Math.max(0, (100 * (at_ns - scale.from_ns)) / (scale.to_ns - scale.from_ns)));
    const bars = [];
    let died_ns = null;
    const until_ns = veiled ? Math.min(t_ns, scale.to_ns) : scale.to_ns;
    for (const { state, from_ns, to_ns } of tracks.between(end.task.task, scale.from_ns, until_ns)) {
      if (state === "zombie") died_ns ??= from_ns;
      if (bars.length === MOST) break;
      const from = x(from_ns);
      const width = Math.max(LEAST, x(Math.min(to_ns ?? tracks.end_ns, until_ns)) - from);
      bars.push(svg("rect", { class: `exits-bar ${state}`, x: `${from}%`, width: `${width}%`, height: HEIGHT }));
    }
    this.#bars.replaceChildren(...bars);
    const shown = end.ended && died_ns !== null && died_ns <= t_ns && died_ns >= scale.from_ns;
    set(this.#cap, { visibility: shown ? null : "hidden", "data-signal": end.signal !== null });
    set(this.#box, { x: `${x(died_ns ?? 0)}%` });
    set(this.#number, { x: `${x(died_ns ?? 0)}%`, transform: `translate(${CAP / 2} 0)` });
    this.#number.textContent = String(end.signal ?? end.code ?? "");
    set(this.#head, { x1: `${x(t_ns)}%`, x2: `${x(t_ns)}%` });
  }
}

// Brackets of the gaps that a program saw over the lane that the kernel recorded, the two ends of one gap, a dot for each.
import { duration } from "../../engine/scale.js";
import { timelineOf } from "../../engine/timeline.js";
import { hatch } from "../../plot/hatch.js";
import { html, set, svg, write } from "../../plot/svg.js";
import { gapAt, watches } from "./read.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("./read.js").Watch} Watch */
/** @typedef {import("./read.js").Gap} Gap */

const BAR = { y: 44, height: 26 };
const BRACKET = { y: 22, leg: 12 };
const HEIGHT = 76;
const WORD = 6; // percent of the strip: a narrower bracket has no words
const MOST = 1500; // bars and brackets drawn at once
const DOTS = { across: 47, step: 7.4, r: 2.6 };
const MARGIN_NS = 40_000; // around an end of a gap, in the lens

/** @param {number} from_ns @param {number} to_ns @returns {(t_ns: number) => number} percent of the strip */
const percent = (from_ns, to_ns) => (t_ns) => Math.min(100, Math.max(0, (100 * (t_ns - from_ns)) / (to_ns - from_ns)));

/** The states of a task as bars. @param {Scene} scene @param {number} task @param {number} from_ns @param {number} to_ns */
function bars({ tracks }, task, from_ns, to_ns) {
  const x = percent(from_ns, to_ns);
  const found = [];
  for (const one of tracks.between(task, from_ns, to_ns)) {
    const from = x(one.from_ns);
    const width = Math.max(0.1, x(one.to_ns ?? tracks.end_ns) - from);
    found.push(svg("rect", { ...BAR, class: `gaps-bar ${one.state}`, x: `${from}%`, width: `${width}%` }));
    if (found.length === MOST) break;
  }
  return found;
}

/** A measured distance in ink, with its length where there is room. @param {number} from @param {number} to percent
 * @param {Gap} gap @param {boolean} [words] */
function bracket(from, to, gap, words = true) {
  const [left, right] = [`${from}%`, `${to}%`];
  const { y, leg } = BRACKET;
  /** @type {SVGElement[]} */
  const parts = [
    svg("line", { x1: left, x2: right, y1: y, y2: y }),
    svg("line", { x1: left, x2: left, y1: y, y2: y + leg }),
    svg("line", { x1: right, x2: right, y1: y, y2: y + leg }),
  ];
  if (words && to - from > WORD) {
    const middle = { x: `${(from + to) / 2}%`, y: y - 7, "text-anchor": "middle" };
    parts.push(svg("text", middle, duration(gap.to_ns - gap.from_ns)));
  }
  return svg("g", { class: "gaps-bracket", "data-lonely": !gap.absence }, ...parts);
}

class GapsView {
  #say;
  #ask;
  #empty;
  #whole = html("div", { class: "gaps" });
  #name = html("p", { class: "gaps-name" });
  #strip = svg("svg", { class: "gaps-strip", height: HEIGHT, "data-plot": true });
  #lens = html("div", { class: "gaps-lens" });
  #dots = svg("svg", { class: "gaps-dots", "aria-hidden": "true" });
  #said = html("p", { class: "gaps-said" });
  #version = -1;
  /** @type {Watch | null} */
  #watch = null;
  #signature = "";

  /** @param {Parameters<import("../../types").Create>} given */
  constructor(...[root, say, ask]) {
    this.#say = say;
    this.#ask = ask;
    this.#empty = html("p", { class: "view-empty" }, say("gaps.empty"));
    const beside = html("div", { class: "gaps-beside" }, this.#lens, html("div", {}, this.#dots, this.#said));
    this.#whole.append(this.#name, this.#strip, beside);
    root.replaceChildren(this.#empty, hatch("gaps-hatch"), this.#whole);
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { tracks, version, scale, t_ns } = scene;
    if (version !== this.#version) {
      this.#version = version;
      this.#watch = watches(tracks)[0] ?? null;
      this.#signature = "";
      if (this.#watch) this.#heap(this.#watch, scene);
    }
    const watch = this.#watch;
    this.#empty.hidden = watch !== null;
    this.#whole.hidden = watch === null;
    if (!watch) return;
    const signature = [scale.from_ns, scale.to_ns, Math.round(t_ns), version].join();
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#over(watch, scene);
    this.#near(watch, scene);
  }

  /** The strip: brackets over the lane, in the scene's window. @param {Watch} watch @param {Scene} scene */
  #over(watch, scene) {
    const { from_ns, to_ns } = scene.scale;
    const x = percent(from_ns, to_ns);
    const seen = watch.gaps.filter((gap) => gap.to_ns > from_ns && gap.from_ns < to_ns).slice(0, MOST);
    const head = `${x(scene.t_ns)}%`;
    this.#strip.replaceChildren(
      ...bars(scene, watch.task, from_ns, to_ns),
      ...seen.map((gap) => bracket(x(gap.from_ns), x(gap.to_ns), gap)),
      svg("line", { class: "gaps-playhead", x1: head, x2: head, y1: 0, y2: HEIGHT }),
    );
    const name = timelineOf(scene.tracks, scene.version).tasks.get(watch.task)?.name ?? "";
    write(this.#name, this.#say("gaps.name", { name }));
  }

  /** The lens: both ends of the gap at the playhead. @param {Watch} watch @param {Scene} scene */
  #near({ task, gaps }, scene) {
    const gap = gapAt(gaps, scene.t_ns);
    this.#lens.hidden = !gap?.absence;
    if (!gap?.absence) return;
    const { absence } = gap;
    const ends = /** @type {const} */ ([
      ["gaps.before", gap.from_ns, absence.from_ns],
      ["gaps.after", absence.to_ns, gap.to_ns],
    ]);
    this.#lens.replaceChildren(
      ...ends.map(([key, one_ns, other_ns]) => {
        const [from_ns, to_ns] = [one_ns - MARGIN_NS, other_ns + MARGIN_NS];
        const x = percent(from_ns, to_ns);
        const strip = svg("svg", { class: "gaps-strip", height: HEIGHT, "aria-hidden": "true" });
        strip.append(...bars(scene, task, from_ns, to_ns), bracket(x(gap.from_ns), x(gap.to_ns), gap, false));
        return html("figure", {}, strip, html("figcaption", {}, this.#say(key, { time: duration(other_ns - one_ns) })));
      }),
    );
  }

  /** A dot for each gap: filled, if there was an absence in it. @param {Watch} watch @param {Scene} scene */
  #heap({ gaps }, { time }) {
    const { across, step, r } = DOTS;
    const rows = Math.max(1, Math.ceil(gaps.length / across));
    set(this.#dots, { viewBox: `0 0 ${across * step} ${rows * step}`, width: across * step, height: rows * step });
    const dots = gaps.map((gap, i) => {
      const place = { cx: ((i % across) + 0.5) * step, cy: (Math.floor(i / across) + 0.5) * step, r };
      const dot = svg("circle", { ...place, "data-lonely": !gap.absence }, svg("title", {}, time(gap.from_ns)));
      dot.addEventListener("click", () => this.#ask({ do: "seek", t_ns: gap.from_ns }));
      return dot;
    });
    this.#dots.replaceChildren(...dots);
    const held = gaps.filter((gap) => gap.absence).length;
    write(this.#said, this.#say("gaps.said", { gaps: gaps.length, held, lonely: gaps.length - held }));
  }
}

/** @type {import("../../types").Create} */
export const create = (...given) => new GapsView(...given);

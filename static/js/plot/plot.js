// A picture of lanes on two canvases: painted anew when something changed, the playhead always. What is in it, a view says.
import { drawOverlay } from "./draw.js";
import { groupAt, rowAt } from "./layout.js";
import { listenPointer } from "./pointer.js";
import { html } from "./svg.js";
import { readTheme, resizeCanvas, watchTheme } from "./theme.js";
import { clampWindow, toRunTime } from "./trial_window.js";
import { PlotViewport } from "./viewport.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("./layout.js").Layout} Layout */
/** @typedef {import("./theme.js").Theme} Theme */
/** @typedef {{ row: import("./layout.js").Row, t_ns: number }} Hover */
/** @typedef {{ width: number, size: number, budget: number }} PlotSize pixels of width and, to keep to, of height; size: 1 is text
 *   of 16 px */
/**
 * @template {Layout} L
 * @typedef {object} Content
 * @property {string} label what the picture is called
 * @property {string} kind classes of its element
 * @property {HTMLElement} beside the names beside the lanes
 * @property {(scene: Scene) => unknown} state what else, when it changes, changes the picture
 * @property {(scene: Scene, room: PlotSize) => L} layOut
 * @property {(layout: L, scene: Scene) => void} arrange places the names
 * @property {(canvas: HTMLCanvasElement, theme: Theme, layout: L, scene: Scene) => void} paint
 * @property {(x: number, y: number, layout: L, scene: Scene) => void} click
 * @property {() => void} [pointed] the pointer has moved
 */

/** @template {Layout} L */
export class LanesPlot {
  /** @type {L | null} */
  layout = null;
  /** @type {Hover | null} */
  hover = null;
  root;
  element;
  #content;
  #ask;
  #viewport;
  #baseCanvas = html("canvas", { class: "lanes-base" });
  #overlayCanvas = html("canvas", { class: "lanes-over", "aria-hidden": "true" });
  /** @type {Scene | null} */
  #scene = null;
  /** @type {Theme | null} */
  #theme = null;
  #signature = "";
  #width = 0;
  /** @type {(() => void)[]} */
  #stop = [];

  /** @param {Content<L>} content @param {(intent: import("../types").Intent) => void} ask */
  constructor(content, ask) {
    this.#content = content;
    this.#ask = ask;
    this.element = html("div", { class: content.kind }, this.#baseCanvas, this.#overlayCanvas, content.beside);
    this.#viewport = new PlotViewport(this.element, content.label, () => this.#redraw());
    this.root = this.#viewport.root;
    const sized = new ResizeObserver(() => this.#resized());
    sized.observe(this.element);
    const unwatch = watchTheme(() => {
      this.#theme = null;
      this.#redraw();
    });
    this.#stop.push(
      () => sized.disconnect(),
      unwatch,
      this.#listen(),
      () => this.#viewport.destroy(),
    );
  }

  #listen() {
    return listenPointer(this.#overlayCanvas, {
      hover: (x, y) => this.#hoverAt(x, y),
      leave: () => this.#hoverAt(-1, -1),
      click: (x, y) => this.layout && this.#scene && this.#content.click(x, y, this.layout, this.#scene),
      window: (from, to) => this.#moveWindow(from, to),
      select: (from, to) => this.#loop(from, to),
      shownRange: () => ({
        width: this.layout?.clock.width ?? 1,
        left: this.layout?.left ?? 0,
        clock: this.layout?.clock ?? null,
      }),
    });
  }

  #resized() {
    const width = this.element.clientWidth;
    if (!width || width === this.#width) return; // hidden: no width to take over
    this.#width = width;
    this.#redraw();
  }

  #redraw() {
    this.#signature = "";
    if (this.#scene) this.draw(this.#scene);
  }

  /** @param {number} x @param {number} y */
  #hoverAt(x, y) {
    const { layout } = this;
    const row = layout && x >= layout.left ? rowAt(layout, y) : null;
    this.hover = row && layout ? { row, t_ns: row.group.scale.t(x - layout.left) } : null;
    if (this.#scene) this.#overlay(this.#scene);
    this.#content.pointed?.();
  }

  /** @param {number} from @param {number} to shares of the visible window @returns {boolean} whether it moves */
  #moveWindow(from, to) {
    const next = this.layout && clampWindow(this.layout, from, to);
    if (this.layout && next) this.#ask({ do: "show", ...toRunTime(this.layout, next.from_ns, next.to_ns) });
    return next !== null;
  }

  /** @param {number} from @param {number} to shares of the visible window */
  #loop(from, to) {
    if (!this.layout) return;
    const { clock } = this.layout;
    const at = [from, to].sort((a, b) => a - b).map((share) => clock.from_ns + (clock.to_ns - clock.from_ns) * share);
    const { from_ns, to_ns } = toRunTime(this.layout, at[0], at[1]);
    this.#ask({ do: "loop", range: [from_ns, to_ns] });
  }

  /** @param {Scene} scene */
  draw(scene) {
    this.#scene = scene;
    this.#width ||= this.element.clientWidth;
    if (!this.#width) return;
    this.#theme ??= readTheme(this.element);
    const { version, scale, selected, guess, loop, projector, only, veiled } = scene;
    const seen = [
      only?.trials,
      only?.tasks,
      version,
      scale.from_ns,
      scale.to_ns,
      selected,
      guess,
      loop,
      projector,
      veiled && scene.t_ns,
      scene.measured?.[0].t_ns,
      this.#content.state(scene),
    ];
    const signature = [...seen, this.#width, this.#theme.stamp, window.devicePixelRatio, window.innerHeight].join();
    if (signature !== this.#signature) this.#repaint(scene, this.#theme);
    this.#signature = signature;
    this.#overlay(scene);
  }

  /** @param {Scene} scene @param {Theme} theme */
  #repaint(scene, theme) {
    const width = this.#width;
    const layout = this.#content.layOut(scene, { width, size: theme.size, budget: this.#viewport.budget() });
    this.layout = layout;
    this.element.hidden = layout.rows.length === 0;
    this.element.style.height = `${layout.height}px`;
    this.#viewport.fit(layout.height);
    this.#content.arrange(layout, scene);
    resizeCanvas(this.#baseCanvas, width, layout.height);
    resizeCanvas(this.#overlayCanvas, width, layout.height);
    this.#content.paint(this.#baseCanvas, theme, layout, scene);
  }

  /** @param {Scene} scene */
  #overlay(scene) {
    const { layout } = this;
    if (!layout?.rows.length || !this.#theme) return;
    drawOverlay(this.#overlayCanvas, this.#theme, scene, layout, this.hover);
    const home = groupAt(layout, scene.t_ns);
    if (home) this.#viewport.reveal(home === layout.groups[0] ? 0 : home.y, home.y + home.height);
  }

  destroy() {
    for (const stop of this.#stop) stop();
    this.root.remove();
  }
}

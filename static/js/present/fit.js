// How the pictures of a slide are laid out so that all of them fit: one arrangement after the other, the best first.
import { html } from "../plot/svg.js";

/** @typedef {{ arranged: "stack" | "row" | "columns" | "beside", scale: number, off: string[] }} Plan  `off`: views left out */

/** What gives way first where not everything fits, before the scene's own views from the last on; the first one stays. */
const YIELDS = ["transcript", "claims", "machine", "bars", "repeats", "cores", "terminal", "matrix", "code"];
/** What tells most where there is room for one picture only. */
const FIRST = ["lanes", "calls", "exits", "gaps", "tree", "card", "memory", "terminal"];
const PANELS = ["matrix", "bars", "repeats", "claims", "cores", "code", "transcript"];
/** What says nothing in half a width. */
const WHOLE = ["calls", "exits", "memory", "stage", "pipe", "gaps"];
const SCALES = [1, 0.9, 0.8];
const LAST = [0.7, 0.6, 0.5, 0.4];
const MOST_TURNS = 6; // of looking again: two are the rule
const PLOTS = 1.2; // lanes are read from the back row: their words are larger than those of a page

/** The plans for some views, the best first: everything, then somewhat smaller, then without what matters least.
 * @param {string[]} views in the scene's order @param {boolean} wide whether two columns are worth trying @returns {Plan[]} */
export function plansFor(views, wide) {
  const given = YIELDS.filter((each) => views.includes(each));
  const order = [...given, ...views.filter((each) => !given.includes(each)).reverse()].slice(0, -1);
  /** @type {Plan[]} */
  const plans = [];
  for (let count = 0; count <= order.length; count++) {
    const off = order.slice(0, count);
    const left = views.filter((each) => !off.includes(each));
    const scales = count === order.length ? [...SCALES, ...LAST] : SCALES;
    for (const scale of scales) for (const arranged of waysOf(left, wide)) plans.push({ arranged, scale, off });
  }
  return plans;
}

/** The plans for the one view that tells most; where none of them fits, words alone are better. @param {string[]} views
 * @returns {Plan[]} */
export function plansForOne(views) {
  const one = FIRST.find((each) => views.includes(each)) ?? views[0];
  const off = views.filter((each) => each !== one);
  return SCALES.map((scale) => ({ arranged: "stack", scale, off }));
}

/** @param {string[]} views @param {boolean} wide @returns {Plan["arranged"][]} */
function waysOf(views, wide) {
  if (!wide || views.some((each) => WHOLE.includes(each))) return ["stack"];
  const panels = views.filter((each) => PANELS.includes(each)).length;
  const pictures = views.length - panels;
  const row = pictures > 2 || (pictures === 2 && !views.includes("lanes"));
  /** @type {Plan["arranged"][]} */
  const ways = [];
  if (row) ways.push("row");
  if (panels > 0 && pictures > 0) ways.push("beside");
  ways.push("stack");
  if (pictures === 2 && panels === 0 && !row) ways.push("columns");
  return ways;
}

const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

/** The place of the pictures on a slide; the page's own pictures move in and out. */
export class PictureBox {
  root = html("div", { class: "slide-picture" });
  #inner = html("div", { class: "slide-inner" });
  #redraw;
  /** @type {{ node: Element, mark: Comment }[]} */
  #moved = [];
  #asked = 0;
  #turn = 0;

  /** @param {() => void} redraw */
  constructor(redraw) {
    this.#redraw = redraw;
    this.root.append(this.#inner);
  }

  /** Takes the page's pictures in. @param {Element[]} nodes */
  take(nodes) {
    for (const node of nodes) {
      const mark = document.createComment("");
      node.before(mark);
      this.#moved.push({ node, mark });
      this.#inner.append(node);
    }
  }

  /** Puts them back where they were. */
  giveBack() {
    for (const { node, mark } of this.#moved) mark.replaceWith(node);
    this.#moved = [];
    this.#leaveOut([]);
  }

  /** Views that the scene shows, in its order. @param {string[]} order @returns {string[]} */
  views(order) {
    const hosts = /** @type {HTMLElement[]} */ ([...this.#inner.querySelectorAll("[data-view]")]);
    const shown = hosts.filter((host) => !host.hidden).map((host) => host.dataset.view ?? "");
    return [...order.filter((each) => shown.includes(each)), ...shown.filter((each) => !order.includes(each))];
  }

  /** @param {string[]} off */
  #leaveOut(off) {
    for (const host of document.querySelectorAll("[data-view]")) {
      if (!(host instanceof HTMLElement)) continue;
      const left = off.includes(host.dataset.view ?? "");
      for (const each of [host, host.closest(".panel")]) each?.toggleAttribute("data-off", left);
    }
  }

  /** Lays the pictures out; resolves once they fit, to false if another call has come in between.
   * @param {string[]} order of the scene's views @param {boolean} [one] the view that tells most, and no other */
  async fit(order, one = false) {
    const asked = ++this.#asked;
    this.root.toggleAttribute("data-fitting", true);
    const views = this.views(order);
    const plans = one ? plansForOne(views) : plansFor(views, this.root.clientWidth >= 600);
    let fits = false;
    for (const plan of plans) {
      this.#arrange(plan);
      await frame();
      await this.#settled();
      if (asked !== this.#asked) return false;
      fits = this.#fits(plan);
      if (fits) break;
    }
    this.root.toggleAttribute("data-fitting", !fits);
    return true;
  }

  /** @param {Plan} plan */
  #arrange({ arranged, scale, off }) {
    const { root } = this;
    const [width, height] = [root.clientWidth / scale, root.clientHeight / scale];
    this.#leaveOut(off);
    const inner = this.#inner;
    inner.dataset.arranged = arranged;
    inner.dataset.room = String(Math.floor(height));
    inner.style.inlineSize = `${width}px`;
    inner.style.transform = scale === 1 ? "" : `scale(${scale})`;
    root.style.setProperty("--size", String(PLOTS / scale));
    root.style.setProperty("--room", `${height}px`);
    this.#lookAgain();
    this.#redraw();
  }

  #lookAgain() {
    document.documentElement.style.setProperty("--fit", String(++this.#turn)); // plots look again at their room
  }

  /** Plots take what the others leave, and those had the heights of the plan before: until nothing changes any more the picture
   * would depend on where the reader came from. */
  async #settled() {
    const heights = () => [...this.#inner.querySelectorAll(".view")].map((view) => view.clientHeight).join();
    for (let before = "", turn = 0; before !== heights() && turn < MOST_TURNS; turn++) {
      before = heights();
      this.#lookAgain();
      await undefined; // they have heard of it, and have drawn
    }
  }

  /** @param {Plan} plan */
  #fits({ scale }) {
    const inner = this.#inner;
    const [wide, high] = [this.root.clientWidth / scale + 1, this.root.clientHeight / scale + 0.5];
    if (inner.scrollHeight > high || inner.scrollWidth > wide) return false;
    const views = [...inner.querySelectorAll(".view:not([data-off], [hidden])")];
    if (views.some((view) => view.scrollWidth > view.clientWidth + 2)) return false; // one lies over its neighbour
    const names = [...inner.querySelectorAll(".lanes-name")];
    return names.every(({ scrollHeight, clientHeight }) => scrollHeight <= clientHeight + 2);
  }
}

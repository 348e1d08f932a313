// The scroll box around a plot: how tall the picture may be, so that the player below it stays on the screen, and scrolling where
// it must be taller.
import { html, set } from "./svg.js";

const SHARE = 0.46; // of the window's height, where the page is one column and scrolls anyhow
const MIN_COLUMN_HEIGHT = 260; // … and never less there
const MIN_HEIGHT = 120; // the box is never lower than this, however much stands around it
const COLUMN = 800; // below this width the page is one column: page.css
const MARGIN = 6;

export class PlotViewport {
  root;
  #label;
  #changed;
  #budget = 0;
  #limit = Infinity;
  #scrolls = false;
  #asked = 0; // the animation frame in which it measures again
  #watched = false;
  #revealed = "";
  #resized = new ResizeObserver(() => this.#remeasure());

  /** @param {HTMLElement} plot @param {string} label what the box is called where it scrolls
   * @param {() => void} changed called when the height it may have is another */
  constructor(plot, label, changed) {
    this.root = html("div", { class: "plot-frame" }, plot);
    this.#label = label;
    this.#changed = changed;
    window.addEventListener("resize", this.#remeasure);
  }

  #remeasure = () => {
    this.#asked ||= requestAnimationFrame(() => {
      this.#asked = 0;
      if (this.root.clientWidth && measure(this.root).budget !== this.#budget) this.#changed();
    });
  };

  /** The height in pixels that the picture should keep to. */
  budget() {
    const stage = this.root.closest(".stage");
    if (!this.#watched && stage) this.#resized.observe(stage);
    this.#watched ||= stage !== null;
    const { budget, limit } = measure(this.root);
    this.#limit = limit;
    this.#budget = budget;
    return budget;
  }

  /** Scrolls where the picture is taller than the box may be. @param {number} height */
  fit(height) {
    const scrolls = height > this.#limit;
    this.#scrolls = scrolls;
    this.root.style.maxHeight = scrolls ? `${this.#limit}px` : "";
    const named = { tabindex: scrolls ? "0" : null, role: scrolls ? "group" : null };
    set(this.root, { "data-scrolls": scrolls, ...named, "aria-label": scrolls ? this.#label : null });
  }

  /** Scrolls to these rows, once. @param {number} top @param {number} bottom */
  reveal(top, bottom) {
    const key = `${top}/${bottom}/${this.#scrolls}`;
    if (key === this.#revealed) return;
    this.#revealed = key;
    if (!this.#scrolls) return;
    const height = this.root.clientHeight;
    if (bottom > this.root.scrollTop + height) this.root.scrollTop = bottom - height;
    if (top < this.root.scrollTop) this.root.scrollTop = top;
  }

  destroy() {
    this.#resized.disconnect();
    cancelAnimationFrame(this.#asked);
    window.removeEventListener("resize", this.#remeasure);
  }
}

/** What a slide leaves for this plot, beside all else that stands in its room, which plots share alike; a slide is scaled, so
 * layout pixels count. @param {HTMLElement} room @param {HTMLElement} root */
function slideBudget(room, root) {
  const own = { beside: ".picture, #scene-panels", columns: ".view" }[room.dataset.arranged ?? ""];
  const beside = own ? root.closest(own) : null;
  const within = beside instanceof HTMLElement ? beside : room;
  const frames = [...within.querySelectorAll(".plot-frame")].map((each) => each.clientHeight).filter(Boolean);
  const taken = within.offsetHeight - frames.reduce((sum, high) => sum + high, 0);
  return Math.max(MIN_HEIGHT, (Number(room.dataset.room) - taken) / (frames.length || 1));
}

/** The height to keep to, and the one beyond which the box scrolls. @param {HTMLElement} root */
function measure(root) {
  const room = root.closest("[data-room]");
  if (room instanceof HTMLElement) return { budget: slideBudget(room, root), limit: Infinity };
  const [picture, view] = [root.closest(".picture"), root.closest(".view")];
  const embed = root.closest(".embed");
  if (!picture || !view || (window.innerWidth < COLUMN && !embed))
    return { budget: Math.max(MIN_COLUMN_HEIGHT, window.innerHeight * SHARE), limit: Infinity };
  const frame = root.getBoundingClientRect();
  const drawn = [...view.children].filter((each) => each.getClientRects().length); // a hidden one would lie at 0
  const own = Math.max(frame.bottom, ...drawn.map((each) => each.getBoundingClientRect().bottom));
  const bar = embed?.querySelector(".bar"); // which stays in sight, and over which a taller picture scrolls
  const under = bar?.clientHeight ?? picture.getBoundingClientRect().bottom - view.getBoundingClientRect().bottom;
  const below = own - frame.bottom + under;
  const least = embed ? MIN_COLUMN_HEIGHT : MIN_HEIGHT;
  const budget = Math.max(least, Math.floor(window.innerHeight - frame.top - window.scrollY - below - MARGIN));
  return { budget, limit: embed ? Infinity : budget };
}

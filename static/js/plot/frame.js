// @ts-check
// How tall a picture may be, so that the player below it stays on the screen, and the frame that scrolls it when it must
// be taller. Measures the page; knows nothing of what is drawn.
import { html, set } from "./svg.js";

const SHARE = 0.46;    // of the window's height, where the page is one column and scrolls anyhow
const LEAST = 260;     // … and never less there
const FLOOR = 120;     // the frame is never lower than this, however much stands around it
const COLUMN = 800;    // below this width (560 in an embed) the page is one column: page.css
const EMBED = 560;
const MARGIN = 6;

/** @typedef {{ root: HTMLElement, budget(): number, fit(height: number): void, reveal(top: number, bottom: number): void,
 *   destroy(): void }} Room */

/** The frame around a plot. `changed` is called when the height it may have is another.
 * @param {HTMLElement} plot @param {string} label what the frame is called where it scrolls
 * @param {() => void} changed @returns {Room} */
export function createRoom(plot, label, changed) {
  const root = html("div", { class: "plot-frame" }, plot);
  let [held, limit, waits, watched, at] = [0, Infinity, 0, false, ""];
  const again = () => {
    waits ||= requestAnimationFrame(() => {
      waits = 0;
      if (root.clientWidth && measure(root).budget !== held) changed();
    });
  };
  const seen = new ResizeObserver(again);
  window.addEventListener("resize", again);

  return {
    root,
    budget() {
      const stage = root.closest(".stage");
      if (!watched && stage) seen.observe(stage);
      watched ||= stage !== null;
      const now = measure(root);
      limit = now.limit;
      return (held = now.budget);
    },
    fit(height) {
      const scrolls = height > limit;
      root.style.maxHeight = scrolls ? `${limit}px` : "";
      set(root, { "data-scrolls": scrolls, tabindex: scrolls ? "0" : null, role: scrolls ? "group" : null,
        "aria-label": scrolls ? label : null });
    },
    reveal(top, bottom) {
      const key = `${top}/${bottom}/${root.dataset["scrolls"]}`;
      if (key === at) return;
      at = key;
      if (root.dataset["scrolls"] === undefined) return;
      const room = root.clientHeight;
      if (bottom > root.scrollTop + room) root.scrollTop = bottom - room;
      if (top < root.scrollTop) root.scrollTop = top;
    },
    destroy() {
      seen.disconnect();
      cancelAnimationFrame(waits);
      window.removeEventListener("resize", again);
    },
  };
}

/** The height to keep to, and the one beyond which the frame scrolls. @param {HTMLElement} root */
function measure(root) {
  const [picture, view] = [root.closest(".picture"), root.closest(".view")];
  const narrow = window.innerWidth < (root.closest(".embed") ? EMBED : COLUMN);
  if (!picture || !view || narrow) return { budget: Math.max(LEAST, window.innerHeight * SHARE), limit: Infinity };
  const frame = root.getBoundingClientRect();
  const own = [...view.children].reduce((low, each) => Math.max(low, each.getBoundingClientRect().bottom), frame.bottom);
  const below = own - frame.bottom + picture.getBoundingClientRect().bottom - view.getBoundingClientRect().bottom;
  const budget = Math.max(FLOOR, Math.floor(window.innerHeight - frame.top - window.scrollY - below - MARGIN));
  return { budget, limit: budget };
}

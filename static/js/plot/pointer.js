// Pointer gestures on the lanes: drag pans, the wheel and two fingers zoom, shift-drag selects; the handlers act on them.

/**
 * @typedef {{ hover(x: number, y: number): void, leave(): void, click(x: number, y: number): void,
 *   window(from: number, to: number): boolean, select(from: number, to: number): void,
 *   shownRange(): { width: number, left: number, clock: object | null } }} Handlers  `window` and `select` get shares of the visible
 *   width, 0..1 is all; `clock` is another object once another window has been drawn
 */

const CLICK_SLOP_PX = 4; // pixels a press may move and still be a click

/** The window, as shares of the old one, that zooms by `factor` around a share. @param {number} at @param {number} factor
 * @returns {[number, number]} */
export const zoomWindow = (at, factor) => [at - at / factor, at + (1 - at) / factor];

/** @param {[number, number]} pair @returns {[number, number]} */
const rising = ([one, two]) => (one <= two ? [one, two] : [two, one]);

/** The window that brings the shares under two fingers to where the fingers are now: fingers that cross, or stand one above
 * the other, are left and right anyhow.
 * @param {[number, number]} before @param {[number, number]} after @returns {[number, number]} */
export function pinchWindow(before, after) {
  const [old, now] = [rising(before), rising(after)];
  const spread = Math.max(0.02, now[1] - now[0]);
  const scale = (old[1] - old[0]) / spread;
  const from = old[0] - now[0] * scale;
  return [from, from + scale];
}

/** Handlers change the window on screen, and several events may come before it is drawn anew: two fingers are two events. So
 * each call holds everything since the last drawing. */
class Gestures {
  #element;
  #handlers;
  /** @type {Map<number, number>} */
  #fingers = new Map(); // by pointer: x
  /** @type {{ x: number, y: number, moved: boolean, shift: boolean } | null} */
  #press = null;
  /** What has been asked for since the last drawing. @type {{ clock: object | null, fingers: Map<number, number>, factor: number, by: number }} */
  #since = { clock: null, fingers: new Map(), factor: 1, by: 0 };

  /** @param {HTMLElement} element @param {Handlers} handlers */
  constructor(element, handlers) {
    this.#element = element;
    this.#handlers = handlers;
  }

  #settle() {
    const { clock } = this.#handlers.shownRange();
    if (this.#since.clock !== clock) this.#since = { clock, fingers: new Map(this.#fingers), factor: 1, by: 0 };
  }

  /** @param {MouseEvent} event */
  #place({ clientX, clientY }) {
    const box = this.#element.getBoundingClientRect();
    const scale = box.width / (this.#element.offsetWidth || 1) || 1; // a slide is scaled
    return { x: (clientX - box.left) / scale, y: (clientY - box.top) / scale };
  }

  /** @param {number} x @returns {number} */
  #share(x) {
    const { left, width } = this.#handlers.shownRange();
    return (x - left) / Math.max(1, width);
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.button !== 0) return;
    const { x, y } = this.#place(event);
    this.#settle();
    this.#fingers.set(event.pointerId, x);
    this.#since.fingers = new Map(this.#fingers);
    this.#element.setPointerCapture(event.pointerId);
    this.#press = { x, y, moved: false, shift: event.shiftKey };
  }

  /** @param {PointerEvent} event */
  move(event) {
    const { x, y } = this.#place(event);
    if (this.#fingers.has(event.pointerId)) this.#drag(event.pointerId, x);
    else if (event.pointerType === "mouse") this.#handlers.hover(x, y);
  }

  /** @param {number} pointer @param {number} x */
  #drag(pointer, x) {
    const press = this.#press;
    if (this.#fingers.size === 1 && press && !press.moved && Math.abs(x - press.x) < CLICK_SLOP_PX) return;
    this.#settle();
    this.#fingers.set(pointer, x);
    const before = [...this.#since.fingers.values()].map((each) => this.#share(each));
    const after = [...this.#fingers.values()].map((each) => this.#share(each));
    if (press) press.moved = true;
    if (this.#fingers.size > 1) this.#handlers.window(...pinchWindow([before[0], before[1]], [after[0], after[1]]));
    else if (press?.shift) this.#handlers.select(this.#share(press.x), this.#share(x));
    else this.#handlers.window(before[0] - after[0], 1 + before[0] - after[0]);
  }

  /** @param {PointerEvent} event */
  up(event) {
    if (!this.#fingers.delete(event.pointerId)) return;
    this.#since.fingers = new Map(this.#fingers);
    const press = this.#press;
    if (press && !press.moved && event.type === "pointerup") this.#handlers.click(press.x, press.y);
    this.#press = null;
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    this.#settle();
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    const moves = sideways ? this.#pan((event.deltaX || event.deltaY) * unit) : this.#zoom(event, event.deltaY * unit);
    if (moves) event.preventDefault(); // at the end the page may scroll
  }

  /** @param {number} pixels */
  #pan(pixels) {
    const by = this.#since.by + pixels / Math.max(1, this.#handlers.shownRange().width);
    const moves = this.#handlers.window(by, 1 + by);
    if (moves) this.#since.by = by;
    return moves;
  }

  /** @param {MouseEvent} event @param {number} pixels */
  #zoom(event, pixels) {
    const factor = this.#since.factor * Math.exp(-Math.max(-120, Math.min(120, pixels)) / 400);
    const moves = this.#handlers.window(...zoomWindow(this.#share(this.#place(event).x), factor));
    if (moves) this.#since.factor = factor;
    return moves;
  }

  /** @param {MouseEvent} event */
  twice(event) {
    this.#handlers.window(...zoomWindow(this.#share(this.#place(event).x), 3));
  }
}

/** @param {HTMLElement} element @param {Handlers} handlers @returns {() => void} how to stop listening */
export function listenPointer(element, handlers) {
  const gestures = new Gestures(element, handlers);
  const stop = new AbortController();
  const options = { passive: false, signal: stop.signal };
  element.addEventListener("pointerdown", (event) => gestures.down(event), options);
  element.addEventListener("pointermove", (event) => gestures.move(event), options);
  element.addEventListener("pointerup", (event) => gestures.up(event), options);
  element.addEventListener("pointercancel", (event) => gestures.up(event), options);
  element.addEventListener("pointerleave", () => handlers.leave(), options);
  element.addEventListener("wheel", (event) => gestures.wheel(event), options);
  element.addEventListener("dblclick", (event) => gestures.twice(event), options);
  return () => stop.abort();
}

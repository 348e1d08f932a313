// @ts-check
// Gestures on the lanes as wishes: drag pans, the wheel and two fingers zoom, shift-drag selects. It moves nothing itself.

/**
 * @typedef {{ hover(x: number, y: number): void, leave(): void, click(x: number, y: number): void,
 *   window(from: number, to: number): boolean, select(from: number, to: number): void,
 *   span(): { width: number, left: number, clock: object | null } }} Wishes  `window` and `select` get shares of the visible
 *   width, 0..1 is all; `clock` is another object once another window has been drawn
 */

const SLOP = 4;

/** The window, as shares of the old one, that zooms by `factor` around a share. @param {number} at @param {number} factor
 * @returns {[number, number]} */
export const zoomed = (at, factor) => [at - at / factor, at + (1 - at) / factor];

/** @param {[number, number]} pair @returns {[number, number]} */
const rising = ([one, two]) => (one <= two ? [one, two] : [two, one]);

/** The window that brings the shares under two fingers to where the fingers are now.
 * @param {[number, number]} old @param {[number, number]} now @returns {[number, number]} */
export function pinched(old, now) {
  [old, now] = [rising(old), rising(now)]; // fingers that cross, or stand one above the other, are left and right anyhow
  const spread = Math.abs(now[1] - now[0]) < 0.02 ? 0.02 : now[1] - now[0];
  const scale = (old[1] - old[0]) / spread;
  const from = old[0] - now[0] * scale;
  return [from, from + scale];
}

/** @param {HTMLElement} element @param {Wishes} wishes @returns {() => void} */
export function listen(element, wishes) {
  /** @type {Map<number, number>} */
  const fingers = new Map();
  /** @type {{ x: number, y: number, moved: boolean, shift: boolean } | null} */
  let press = null;
  // Wishes speak of the window on screen, and several may come before it is drawn anew: two fingers are two events. So each
  // wish holds everything since the last drawing.
  /** @type {{ clock: object | null, fingers: Map<number, number>, factor: number, by: number }} */
  let since = { clock: null, fingers: new Map(), factor: 1, by: 0 };
  const settle = () => {
    const { clock } = wishes.span();
    if (since.clock !== clock) since = { clock, fingers: new Map(fingers), factor: 1, by: 0 };
  };
  /** @param {MouseEvent} event */
  const place = (event) => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  /** @param {number} x */
  const share = (x) => (x - wishes.span().left) / Math.max(1, wishes.span().width);

  /** @param {PointerEvent} event */
  const down = (event) => {
    if (event.button !== 0) return;
    const { x, y } = place(event);
    settle();
    fingers.set(event.pointerId, x);
    since.fingers = new Map(fingers);
    element.setPointerCapture(event.pointerId);
    press = { x, y, moved: false, shift: event.shiftKey };
  };
  /** @param {PointerEvent} event */
  const move = (event) => {
    const { x, y } = place(event);
    if (!fingers.has(event.pointerId)) return void (event.pointerType === "mouse" && wishes.hover(x, y));
    if (fingers.size === 1 && press && !press.moved && Math.abs(x - press.x) < SLOP) return;
    settle();
    fingers.set(event.pointerId, x);
    const before = [...since.fingers.values()].map(share);
    const after = [...fingers.values()].map(share);
    if (press) press.moved = true;
    if (fingers.size > 1) wishes.window(...pinched([before[0], before[1]], [after[0], after[1]]));
    else if (press?.shift) wishes.select(share(press.x), share(x));
    else wishes.window(before[0] - after[0], 1 + before[0] - after[0]);
  };
  /** @param {PointerEvent} event */
  const up = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    since.fingers = new Map(fingers);
    if (press && !press.moved && event.type === "pointerup") wishes.click(press.x, press.y);
    press = null;
  };
  /** @param {WheelEvent} event */
  const wheel = (event) => {
    const unit = event.deltaMode === 1 ? 16 : 1;
    settle();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
      const by = since.by + ((event.deltaX || event.deltaY) * unit) / Math.max(1, wishes.span().width);
      if (!wishes.window(by, 1 + by)) return;    // at the end: the page may scroll
      since.by = by;
      return event.preventDefault();
    }
    const factor = since.factor * Math.exp(-Math.max(-120, Math.min(120, event.deltaY * unit)) / 400);
    if (!wishes.window(...zoomed(share(place(event).x), factor))) return;
    since.factor = factor;
    event.preventDefault();
  };
  /** @param {MouseEvent} event */
  const twice = (event) => wishes.window(...zoomed(share(place(event).x), 3));
  const leave = () => wishes.leave();

  /** @type {[string, (event: any) => void][]} */
  const all = [["pointerdown", down], ["pointermove", move], ["pointerup", up], ["pointercancel", up],
    ["pointerleave", leave], ["wheel", wheel], ["dblclick", twice]];
  for (const [name, heard] of all) element.addEventListener(name, heard, { passive: false });
  return () => {
    for (const [name, heard] of all) element.removeEventListener(name, heard);
  };
}

// One draw a frame: however often something asks for it, one animation frame answers; it does not know what is drawn.

/** @param {(now_ms: number) => boolean} draw draws, and says whether the next frame is wanted at once
 *  @param {(callback: (now_ms: number) => void) => unknown} [frame]
 *  @returns {() => void} setNeedsRedraw */
export function createDraw(draw, frame = requestAnimationFrame.bind(globalThis)) {
  let asked = false;
  /** @param {number} now_ms */
  function run(now_ms) {
    asked = false;
    if (draw(now_ms)) setNeedsRedraw();
  }
  function setNeedsRedraw() {
    if (asked) return;
    asked = true;
    frame(run);
  }
  return setNeedsRedraw;
}

// Coalesces redraw requests: at most one draw an animation frame, however often a redraw is requested.

/** @param {(now_ms: number) => boolean} draw draws, and says whether the next frame is wanted at once
 *  @param {(callback: (now_ms: number) => void) => unknown} [frame]
 *  @returns {() => void} setNeedsRedraw */
export function createFrameScheduler(draw, frame = requestAnimationFrame.bind(globalThis)) {
  let requested = false;
  /** @param {number} now_ms */
  function run(now_ms) {
    requested = false;
    if (draw(now_ms)) setNeedsRedraw();
  }
  function setNeedsRedraw() {
    if (requested) return;
    requested = true;
    frame(run);
  }
  return setNeedsRedraw;
}

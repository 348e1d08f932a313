// Tokens that slide from one place to another, so that an eye can follow.

const MOVE_MS = 300;
const MOST = 2; // tokens that may move at once; beyond that the pace is too fast and they jump
const CROSSING = 60; // pixels; less is moving up in a queue

/** Tokens and where they are on the screen, before they are moved. @param {Iterable<{ root: HTMLElement }>} tokens */
export function snapshot(tokens) {
  const shown = [...tokens].map(({ root }) => root).filter((root) => root.isConnected);
  return new Map(shown.map((root) => [root, root.getBoundingClientRect()]));
}

/** Lets tokens slide to another place, unless more move, or move sooner, than an eye can follow; within a queue they jump.
 * @param {Map<HTMLElement, DOMRect>} before */
export function glide(before) {
  const tokens = [...before.keys()];
  const busy = tokens.flatMap((one) => one.getAnimations());
  for (const running of busy) running.cancel();
  const moved = [...before]
    .filter(([one]) => one.isConnected)
    .map(([one, from]) => {
      const to = one.getBoundingClientRect();
      const scale = to.width / (one.offsetWidth || 1) || 1; // a slide is scaled
      return { one, x: (from.left - to.left) / scale, y: (from.top - to.top) / scale };
    })
    .filter(({ x, y }) => Math.hypot(x, y) > CROSSING);
  if (busy.length || moved.length > MOST) return;
  for (const { one, x, y } of moved) {
    one.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], {
      duration: MOVE_MS,
      easing: "ease-in-out",
    });
  }
}

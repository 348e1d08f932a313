// Where presenting is kept: in the page's address, so that a reload and a bookmark come back to the slide; and full screen.

/** @param {(query: URLSearchParams) => void} change */
function rewrite(change) {
  const query = new URLSearchParams(location.search);
  change(query);
  const search = query.size ? `?${query}` : "";
  history.replaceState(history.state, "", `${location.pathname}${search}${location.hash}`);
}

/** @param {boolean} all @returns {string} what `?present=` says of the deck */
export const deckWord = (all) => (all ? "all" : "1");

/** @param {boolean} all @param {string} slide */
export function writeSlideAddress(all, slide) {
  rewrite((query) => {
    query.set("present", deckWord(all));
    query.set("slide", slide);
  });
}

export function clearSlideAddress() {
  rewrite((query) => {
    query.delete("present");
    query.delete("slide");
  });
}

/** Full screen on or off; a browser may refuse it, and then nothing happens. */
export function toggleFull() {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void document.documentElement.requestFullscreen?.().catch(() => {});
}

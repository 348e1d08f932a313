"""What opening a page costs its reader: how far what was seen moved, how long nothing answered; in Chromium only."""

from __future__ import annotations

from playwright.sync_api import Page

MOST_SHIFT = 0.05  # of layout shift scores; 0.1 counts as good (web.dev/articles/cls)

#: The sum of all scores so far. "navigation" is always there, so that an answer comes where nothing has moved.
_SHIFT = """() => new Promise(done => {
  const seen = new PerformanceObserver(list => done(list.getEntriesByType('layout-shift')
    .filter(each => !each.hadRecentInput).reduce((sum, each) => sum + each.value, 0)));
  seen.observe({ type: 'layout-shift', buffered: true });
  seen.observe({ type: 'navigation', buffered: true });
})"""

#: For a page that has just begun: keeps what every task took beyond 50 ms (W3C Long Tasks; Lighthouse's blocking time).
WATCH_TASKS = """(() => {
  let sum = 0;
  new PerformanceObserver(list => { for (const each of list.getEntries()) sum += each.duration - 50; })
    .observe({ type: 'longtask', buffered: true });
  window.blockedMs = () => sum;
})()"""


def shift(page: Page) -> float:
    """Sum of the layout shift scores (Layout Instability API) of what moved without the reader's doing."""
    return float(page.evaluate(_SHIFT))


def blocked_ms(page: Page) -> float:
    """Blocking time so far, of a page that began with :data:`WATCH_TASKS`."""
    return float(page.evaluate("blockedMs()"))

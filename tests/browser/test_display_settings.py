"""What readers set for themselves: 400 % zoom, wider text, forced colours, and the picture that is heard, not seen.

Every page bends to it, and nothing is lost. A page is loaded once for all of it (WCAG 2.2: 1.4.10 Reflow, 1.4.12 Text
Spacing, 1.4.1 Use of Color, 2.4.7 Focus Visible).
"""

from __future__ import annotations

import re

import pytest

from server.lesson.catalog import discover
from tests.browser.conftest import OpenedPage, PageOpener
from tests.browser.test_lesson import answered, drawn

PAGES = ["/{lang}/", *discover()]
ZOOMED = (320, 256)  # what 400 % leaves of 1280×1024

#: Every step, fold and recall of a lesson at once: what is not on screen yet must fit as well.
UNFOLD = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('.step[hidden] { display: grid !important; }');
  document.adoptedStyleSheets = [sheet];
  for (const each of document.querySelectorAll('details:not(.panel, .more, #params)')) each.open = true;
}"""

#: WCAG 1.4.12: what a reader may set without losing anything.
WIDER = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; }
    * { word-spacing: .16em !important; } p { margin-block-end: 2em !important; }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""

#: Where words are cut: by a box that hides what does not fit, or by the edge of a page that does not scroll sideways.
CUT = """() => {
  const ELSEWHERE = '.logo, .calls-code';  // the name of the site is its mark, too; a call stands in the source in full
  const found = [], seen = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  for (const e of document.querySelectorAll('body *')) {
    if (!(e instanceof HTMLElement) || !seen(e) || e.clientWidth <= 1 || e.matches(ELSEWHERE)) continue;
    const words = e.innerText.trim().slice(0, 60);
    const { overflowX, overflowY } = getComputedStyle(e), hides = way => way === 'hidden' || way === 'clip';
    const wide = hides(overflowX) ? e.scrollWidth - e.clientWidth : 0;
    const high = hides(overflowY) ? e.scrollHeight - e.clientHeight : 0;
    if (words && Math.max(wide, high) > 2) found.push(`${e.className || e.id || e.tagName} ${wide}×${high}: ${words}`);
  }
  return found;
}"""

#: How much of the window's height stays covered however one scrolls.
COVERED = """() => [...document.querySelectorAll('body *')]
  .filter(e => e.checkVisibility() && ['fixed', 'sticky'].includes(getComputedStyle(e).position))
  .reduce((sum, e) => sum + e.offsetHeight, 0) / innerHeight"""

#: Forced colours: pictures that keep their own colours have a ground of their own; the key tells every state by its
#: pattern and by a word; what is chosen looks other than what is not; what has the focus looks other than before.
LOST = """() => {
  const found = [], seen = e => e.checkVisibility({ visibilityProperty: true });
  const name = e => `${e.tagName} ${e.className.baseVal ?? e.className} ${e.textContent.trim().slice(0, 30)}`;
  const KINDS = ['backgroundColor', 'backgroundImage', 'border', 'outline', 'boxShadow', 'color', 'fontWeight',
    'textDecoration', 'stroke', 'strokeWidth', 'fill', 'display'];
  const own = e => { const style = getComputedStyle(e); return KINDS.map(kind => style[kind]).join(); };
  const look = e => [own(e), ...[...e.children].map(own)].join(';');
  const keeps = e => getComputedStyle(e).forcedColorAdjust === 'none';

  for (const e of document.querySelectorAll('main *')) {
    if (!seen(e) || !keeps(e) || keeps(e.parentElement)) continue;
    const words = e.textContent.trim() || e.querySelector('canvas');
    const { backgroundColor, backgroundImage } = getComputedStyle(e);
    const bare = backgroundColor === 'rgba(0, 0, 0, 0)' && backgroundImage === 'none';
    if (words && bare) found.push(`no ground: ${name(e)}`);
  }
  for (const legend of document.querySelectorAll('.legend')) {
    const looks = new Map();
    for (const item of [...legend.children].filter(seen)) {
      const mark = item.querySelector('.swatch, .key');
      if (!item.innerText.trim() || !mark) { found.push(`no word or no mark: ${name(item)}`); continue; }
      if (looks.has(look(mark))) found.push(`${name(item)} looks like ${looks.get(look(mark))}`);
      looks.set(look(mark), name(item));
    }
  }
  for (const kind of ['aria-pressed', 'aria-current', 'aria-selected'])
    for (const on of document.querySelectorAll(`main [${kind}=true]`)) {
      const same = e => e !== on && seen(e) && e.tagName === on.tagName && e.className === on.className;
      const group = on.closest('ol, nav, ul, svg, .segmented, .lanes-names') ?? on.parentElement;
      const off = [...group.querySelectorAll(on.tagName)].find(e => same(e) && e.getAttribute(kind) !== 'true');
      if (seen(on) && off && look(on) === look(off)) found.push(`chosen looks like not: ${name(on)}`);
    }
  const stops = 'a[href], button:enabled, input, select, summary, [tabindex="0"]';
  for (const e of [...document.querySelectorAll(stops)].filter(seen)) {
    document.activeElement.blur();
    const before = look(e);
    e.focus({ preventScroll: true, focusVisible: true });
    if (document.activeElement === e && look(e) === before) found.push(`no focus to be seen: ${name(e)}`);
  }
  return found;
}"""


def wrong(this: OpenedPage) -> list[str]:
    found: list[str] = this.page.evaluate(CUT)
    return [*found, *([f"{this.sideways()} px sideways"] if this.sideways() > 0 else [])]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_bends_to_what_its_reader_sets(shared_page: PageOpener, path: str, lang: str) -> None:
    address = path.format(lang=lang) if path.startswith("/") else answered(path, lang)
    this = shared_page(address, size=ZOOMED)
    page = this.page
    if path in discover():
        page.wait_for_selector("html[data-ready]")
    page.evaluate(UNFOLD)
    drawn(this)
    assert wrong(this) == [], "at 400 %"
    assert page.evaluate(COVERED) < 0.5
    page.keyboard.press("Tab")  # whoever uses keys sees the focus
    page.emulate_media(forced_colors="active")
    drawn(this)
    lost = page.evaluate(LOST)
    page.emulate_media(forced_colors="none")
    assert lost == [], "in forced colours"
    page.evaluate(WIDER)
    page.set_viewport_size({"width": 1280, "height": 720})
    drawn(this)
    drawn(this)  # plots measure again a frame after what stands around them
    assert wrong(this) == [], "with wider text"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_tree_of_processes_is_heard_as_a_tree_and_arrow_keys_go_through_it(
    shared_page: PageOpener, lang: str
) -> None:
    this = shared_page(f"{answered('hierarchy', lang)}&step=keys")
    page = this.page
    page.wait_for_selector("html[data-ready]")
    heard = page.locator("[role=tree]").aria_snapshot().splitlines()
    items = [line.strip() for line in heard if "treeitem" in line]
    assert re.match("- '?tree \"", heard[0])  # YAML, which quotes what has a colon
    assert len(items) == page.locator(".tree-process").count() > 2
    assert [int(line.partition("[level=")[2][0]) for line in items] == [1, *([2] * (len(items) - 1))]
    assert all(re.search(r"(process |进程)\d+.*(group|进程组) \d+", line) for line in items)
    page.focus("[role=treeitem] >> nth=0")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    drawn(this)
    focused = "e => document.activeElement === e && e.getAttribute('aria-selected')"
    assert page.eval_on_selector("[role=treeitem] >> nth=1", focused) == "true"

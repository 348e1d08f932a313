"""Goes through the slides of a lesson in a real Chromium and measures each, for tests and for benchmarks/slides.py."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

Sizes = tuple[tuple[int, int], ...]
#: Screens a slide must fit: small laptops and old projectors, and a 4K screen.
SIZES: Sizes = ((1024, 600), (1024, 768), (1280, 720), (1366, 768), (1920, 1080), (3840, 2160))

#: Everything that is wrong with the slide on screen: a sentence or an axis too small, something that scrolls, is
#: cut off, leaves the screen or lies over something else, more than six lanes.
MEASURE = """() => {
  const slide = document.querySelector('.slide'), found = [];
  const zoom = slide.getBoundingClientRect().width / slide.offsetWidth;
  const seen = e => e.checkVisibility({visibilityProperty: true}) && e.getBoundingClientRect().width > 0;
  const name = e => (e.className.baseVal ?? e.className ?? '') + ' ' + e.textContent.trim().slice(0, 30);
  const sentence = slide.querySelector(
    ['question', 'recall'].includes(slide.dataset.kind) ? '.slide-title' : '.slide-say');
  const px = parseFloat(getComputedStyle(sentence).fontSize) * zoom;
  if (!seen(sentence) || !sentence.textContent.trim()) found.push('no sentence');
  if (px < innerHeight / 24 - 0.01 || px < 24) found.push(`sentence of ${px.toFixed(1)} px`);
  const inner = slide.querySelector('.slide-inner'), box = slide.querySelector('.slide-picture');
  const pictured = seen(box);
  const scale = inner.getBoundingClientRect().width / inner.offsetWidth / zoom;
  const axis = 12 * Math.min(2.5, parseFloat(getComputedStyle(inner).getPropertyValue('--size'))) * scale * zoom;
  if (pictured && axis < innerHeight / 40 - 0.01) found.push(`axis of ${axis.toFixed(1)} px`);
  if (document.documentElement.scrollHeight > innerHeight) found.push('the page scrolls');
  for (const e of [slide, ...slide.querySelectorAll('*')]) {
    if (!(e instanceof HTMLElement) || !seen(e)) continue;
    const style = getComputedStyle(e);
    const hides = style.overflowX !== 'visible' || style.overflowY !== 'visible';
    const more = Math.max(e.scrollHeight - e.clientHeight, e.scrollWidth - e.clientWidth);
    if (hides && e !== box && e.tagName !== 'CANVAS' && more > 2) found.push(`cut off by ${more} px: ${name(e)}`);
  }
  const texts = [];
  const walker = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.textContent.trim() || !seen(node.parentElement)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const r of range.getClientRects()) {
      if (r.width * r.height === 0) continue;
      if (r.left < -1 || r.top < -1 || r.right > innerWidth + 1 || r.bottom > innerHeight + 1)
        found.push(`leaves the screen: ${name(node.parentElement)}`);
      texts.push({r, node});
    }
  }
  const over = (a, b) => Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) *
    Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  for (let i = 0; i < texts.length; i++) for (let j = i + 1; j < texts.length; j++) {
    const [a, b] = [texts[i], texts[j]];
    if (a.node.textContent === b.node.textContent) continue;  // a word over its own ground
    if (over(a.r, b.r) > 0.25 * Math.min(a.r.width * a.r.height, b.r.width * b.r.height))
      found.push(`overlap: ${name(a.node.parentElement)} / ${name(b.node.parentElement)}`);
  }
  const parts = [...slide.children, ...slide.querySelectorAll('.slide-inner [data-view]')].filter(seen);
  for (let i = 0; i < parts.length; i++) for (let j = i + 1; j < parts.length; j++) {
    const [a, b] = [parts[i], parts[j]];
    if (a.contains(b)) continue;
    if (over(a.getBoundingClientRect(), b.getBoundingClientRect()) > 40 * zoom)
      found.push(`overlap: ${name(a)} / ${name(b)}`);
  }
  const bottom = e => e.getBoundingClientRect().bottom;
  if (pictured && bottom(box) < bottom(inner) - zoom) found.push('the picture is cut');
  const lanes = [...slide.querySelectorAll('[data-view=lanes] .lanes-name')].filter(seen).length;
  if (lanes > 6) found.push(`${lanes} lanes`);
  return [...new Set(found)];
}"""


def fitted(page: Page) -> str:
    """Waits until the slide stands as it will stand in this window; returns its name."""
    size = page.viewport_size
    assert size is not None
    wanted = f" {size['width']}x{size['height']}"
    page.wait_for_function("s => (document.documentElement.dataset.fitted ?? '').endsWith(s)", arg=wanted)
    return str(page.evaluate("document.documentElement.dataset.fitted.split(' ')[0]"))


def present(page: Page, address: str) -> int:
    """Opens a lesson's page as slides; returns how many there are."""
    page.goto(address)
    fitted(page)
    return int(page.inner_text(".slide-count").split("/")[1])


def go(page: Page, number: int) -> str:
    """Goes to a slide by its number (G and digits); returns its name."""
    page.keyboard.press("g")
    for digit in str(number):
        page.keyboard.press(digit)
    if page.is_visible(".slide-goto"):
        page.keyboard.press("Enter")
    page.wait_for_function("n => document.querySelector('.slide-count').textContent.startsWith(`${n} /`)", arg=number)
    return fitted(page)


def measured(page: Page, count: int, sizes: Sizes) -> Iterator[tuple[str, tuple[int, int], list[str]]]:
    """Every slide in every size: its name, the size, and what is wrong with it; a recall question before and after."""
    for number in range(1, count + 1):
        name = go(page, number)
        for asked in (True, False) if name.startswith("recall") else (False,):
            if name.startswith("recall") and not asked:
                page.keyboard.press("PageDown")
                page.wait_for_function("() => document.querySelector('.slide-reveal:not([hidden])')")
            for width, height in sizes:
                page.set_viewport_size({"width": width, "height": height})
                fitted(page)
                yield name, (width, height), page.evaluate(MEASURE)

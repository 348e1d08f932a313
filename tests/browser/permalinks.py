"""A reader who does things at random to a lesson's page, and whether its address reproduces what is then on screen.

Used by the suite (a few states) and by ``benchmarks/permalinks.py`` (many). It waits for events, never for time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Any

from playwright.sync_api import Browser, Page

from server.lesson.catalog import discover
from server.text.labels import LANGS
from tests.browser.conftest import PATIENCE_MS

SIZE = {"width": 1280, "height": 720}
MOVES = ("Home", "End", "ArrowRight", "ArrowLeft", ",", ".")
WINDOWS = ("+", "-", "Shift+ArrowRight", "Shift+ArrowLeft", "0")
#: What a reader can tell two screens apart by: each visible view is here as its text, each canvas as its pixels; a
#: slide without a picture has neither clock nor caption.
SEEN = """async () => {
  const frames = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  await frames();
  while (document.documentElement.hasAttribute('data-loading')) await frames();
  await frames();
  const text = selector => document.querySelector(selector)?.innerText ?? null;
  const all = (selector, of) => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility()).map(of);
  const digest = async canvas => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
    return [canvas.width, canvas.height, ...sum.slice(0, 8)].join();
  };
  const root = document.documentElement;
  return {
    lang: root.lang,
    step: root.classList.contains('presenting') ? null : root.dataset.step,
    veil: root.dataset.veil ?? null, fitted: root.dataset.fitted ?? null,
    deck: text('#deck .slide-body'), slide: text('.slide-count'),
    preset: all('.presets [aria-current]', e => e.dataset.preset),
    clock: all('#clock', e => e.innerText), speed: all('#speed', e => e.innerText),
    scrub: all('#scrub', e => e.value), caption: all('#caption', e => e.innerText),
    guess: all('[data-guess][aria-current]', e => e.dataset.guess),
    verdict: all('#because', e => e.innerText), code: all('.line.lit, .line.outside', e => e.className),
    rows: all('.lanes-name', e => `${e.innerText} ${e.getAttribute('aria-pressed')}`),
    views: all('.picture [data-view], #scene-panels [data-view]', e => `${e.dataset.view} ${e.innerText}`),
    pixels: await Promise.all(all('.picture canvas', digest)),
  };
}"""


@dataclass(frozen=True)
class State:
    """What was done, and the address that the page then gave."""

    did: str
    address: str
    seen: dict[str, Any]
    keeps_question: bool  # an answered question whose link names no guess asks again


class Reader:
    """One browser for the reader and another for whoever gets the link; one seed, one row of states."""

    def __init__(self, browser: Browser, site: str, seed: int) -> None:
        self._by = Random(seed)
        self._site = site
        self._lessons = discover()
        self._own, self._other = (
            browser.new_context(viewport=SIZE, reduced_motion="reduce", color_scheme="light").new_page()  # type: ignore[arg-type]
            for _ in range(2)
        )
        for page in (self._own, self._other):
            page.set_default_timeout(PATIENCE_MS)

    def close(self) -> None:
        """Gives both contexts back."""
        for page in (self._own, self._other):
            page.context.close()

    def state(self) -> State:
        """Opens a lesson, does some things to it, and copies the link."""
        slug, lang = self._by.choice(list(self._lessons)), self._by.choice(LANGS)
        page, did = self._own, [f"{slug} {lang}"]
        page.goto(f"{self._site}/{lang}/lessons/{slug}")
        page.wait_for_selector("html[data-ready]")
        self._begin(did)
        for act, odds in ((self._turn, 0.8), (self._preset, 0.4), (self._row, 0.4), (self._fold, 0.25)):
            if self._by.random() < odds:
                act(did)
        for keys, odds, most in ((MOVES, 0.7, 12), (WINDOWS, 0.6, 4), (("[", "]"), 0.4, 3)):
            if self._by.random() < odds:
                self._press(did, self._by.choice(keys), self._by.randint(1, most))
        if self._by.random() < 0.15:
            return self._presented(did)
        address, told = self._shared(did)
        seen = page.evaluate(SEEN)
        first = seen["step"] == page.evaluate("document.querySelector('.step').id")
        asks = not told and first and "t=" not in address
        return State("; ".join(did), address, seen, asks)

    def reproduced(self, state: State) -> list[str]:
        """How the screen of the link differs from the one it was copied from; nothing, if it does not."""
        page = self._other
        page.goto(state.address)
        page.wait_for_selector("html[data-ready]")
        if state.seen["fitted"]:
            page.wait_for_selector(f"html[data-fitted='{state.seen['fitted']}']")
        seen = page.evaluate(SEEN)
        if state.keeps_question:
            return [] if seen["veil"] is not None else ["the question is not asked again"]
        told = {name: value for name, value in state.seen.items() if name not in self._untold(state)}
        return [f"{name}: {_parted(was, seen[name])}" for name, was in told.items() if seen[name] != was]

    @staticmethod
    def _untold(state: State) -> set[str]:
        """What a link without the guess leaves out on purpose: it, and what is drawn of it."""
        return (
            set()
            if "guess=" in state.address
            else {"guess", "verdict", "views", "pixels"}
            if state.seen["guess"]
            else set()
        )

    def _begin(self, did: list[str]) -> None:
        """Answers the question, or goes on without."""
        page = self._own
        if self._by.random() < 0.7:
            answers = page.locator("[data-guess]")
            which = self._by.randrange(answers.count())
            answers.nth(which).click()
            did.append(f"answer {which + 1}")
        else:
            page.click("[data-skip]")
            did.append("skip")
        page.wait_for_selector("html:not([data-veil])")
        page.evaluate("document.activeElement.blur()")

    def _turn(self, did: list[str]) -> None:
        by = self._by.randint(1, 9)
        for _ in range(by):
            self._own.keyboard.press("PageDown")
        did.append(f"{by} steps on")
        self._own.evaluate(SEEN)

    def _preset(self, did: list[str]) -> None:
        pills = self._own.locator(".presets [data-preset]")
        if pills.count():
            pill = pills.nth(self._by.randrange(pills.count()))
            pill.click()
            did.append(f"preset {pill.get_attribute('data-preset')}")
            self._own.wait_for_selector(f".presets [data-preset='{pill.get_attribute('data-preset')}'][aria-current]")

    def _row(self, did: list[str]) -> None:
        rows = self._own.locator("button.lanes-name:visible")
        if rows.count():
            which = self._by.randrange(rows.count())
            rows.nth(which).click()
            did.append(f"row {which + 1}")

    def _fold(self, did: list[str]) -> None:
        folds = self._own.locator(".lanes-bar button[aria-pressed=false]:visible")
        if folds.count():
            folds.first.click()
            did.append("folded")

    def _press(self, did: list[str], key: str, times: int) -> None:
        page: Page = self._own
        page.evaluate(SEEN)
        page.evaluate("document.activeElement.blur()")
        for _ in range(times):
            page.keyboard.press(key)
        did.append(f"{times} × {key}")
        page.mouse.move(0, 0)

    def _presented(self, did: list[str]) -> State:
        page = self._own
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("p")
        page.wait_for_selector("html[data-fitted]")
        for _ in range(self._by.randint(0, 3)):  # not the run's slide, where Next starts one
            name = str(page.get_attribute("html", "data-fitted")).split()[0]
            page.evaluate("delete document.documentElement.dataset.fitted")
            page.keyboard.press("End" if name == ".run" else "PageUp")
            page.wait_for_selector("html[data-fitted]")
        did.append(f"presenting {page.get_attribute('html', 'data-fitted')}")
        page.evaluate("document.dispatchEvent(new Event('timeslice:share'))")
        return State("; ".join(did), page.url, page.evaluate(SEEN), keeps_question=False)

    def _shared(self, did: list[str]) -> tuple[str, bool]:
        """The link that the Share dialog gives, and whether the guess is told."""
        page = self._own
        page.evaluate(SEEN)
        page.click("[data-open=share]")
        tick = page.locator("#share [data-with-guess]")
        told = tick.is_visible() and self._by.random() < 0.6
        if told:
            tick.check()
            did.append("with the guess")
        address = page.input_value("#share [data-address]")
        page.click("#share [data-close]")
        page.mouse.move(0, 0)
        return address, told


def _parted(one: Any, other: Any) -> str:
    """Where two descriptions part, with what stands around."""
    texts = [json.dumps(each, ensure_ascii=False) for each in (one, other)]
    at = next((i for i, (a, b) in enumerate(zip(*texts, strict=False)) if a != b), min(map(len, texts)))
    was, now = (text[max(0, at - 40) : at + 80] for text in texts)
    return f"…{was}… became …{now}…"

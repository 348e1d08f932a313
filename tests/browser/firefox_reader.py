"""A reader of a lesson in Firefox: guesses, turns to the end, sees each step's sentence and views, and recalls.

Used by the suite (the offline files) and by ``benchmarks/firefox.py`` (the pages). It waits for events, never for time.
"""

from __future__ import annotations

import json

from server.lesson import catalog
from server.text import lesson_text
from server.text.labels import Lang
from tests.browser.firefox import Session

STANDS = "document.documentElement.dataset.ready !== undefined"


def visible(selector: str) -> str:
    """The condition that something of the page is on screen."""
    return f"document.querySelector({json.dumps(selector)})?.checkVisibility()"


def press(tab: Session, frame: str, selector: str) -> None:
    """A press of a button that need not be inside the window; it waits until there is one to be pressed."""
    tab.wait(frame, visible(selector))
    tab.wait(frame, f"(document.querySelector({json.dumps(selector)}).click(), true)")


def guess(tab: Session, frame: str) -> None:
    """Answers the question; exactly one reason is the verdict on it."""
    press(tab, frame, "li:first-child > [data-guess]")
    tab.wait(frame, "!document.getElementById('because').hidden")
    assert tab.wait(frame, "document.querySelectorAll('[data-because]:not([hidden])').length") == 1


def turn(tab: Session, frame: str, slug: str, lang: Lang) -> int:
    """Presses Next until the last step; each shows its sentence, its preset and its views. Returns how many it were."""
    scenes = {each.step: each for each in catalog.discover()[slug].scenes}
    steps = lesson_text.text(slug, lang).steps[1:]
    for step in steps:
        press(tab, frame, "[data-turn='1']")
        tab.wait(frame, f"document.documentElement.dataset.step === {json.dumps(step.id)}")
        tab.wait(frame, visible(f"#{step.id} :is(.say, .keep)"))
        tab.wait(
            frame,
            f"document.querySelector('.presets [data-preset={json.dumps(scenes[step.id].preset)}][aria-current]')",
        )
        for view in scenes[step.id].views:
            tab.wait(frame, visible(f"[data-view={view}]"))
    return len(steps)


def recall(tab: Session, frame: str) -> None:
    """Opens the first question of the recall and predicts: one of the choices is called right."""
    tab.wait(frame, "(document.querySelector('#recall-1 summary').click(), true)")
    tab.wait(frame, visible("#recall-1 [data-knew]"))
    tab.wait(frame, "(document.querySelector('.recall [data-predict]').click(), true)")
    tab.wait(frame, "document.querySelectorAll('[data-predict][data-right]').length === 1")

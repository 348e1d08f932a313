"""Fills the slots of what is asked of a lesson's own recording: its figures stay, whatever run comes on screen."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from ..events import ValueMeasured
from ..lesson import Lesson, catalog
from ..text import labels
from ..text.quiz_front_matter import Recall
from . import log_summary
from .slots import ABSENT, PageSlots

SIGNIFICANT = 2  # digits of a figure that is worked out from another one


class RecordedSlots(PageSlots):
    """Slots whose figures are those of one shipped recording, as text that no script replaces."""

    def value(self, key: str) -> str:
        """A figure of the recording; ``name@trial*2`` is twice that figure, to two digits; "–" where it has none."""
        name, _, factor = key.partition("*")
        found = self.log.values.get(name)
        if not isinstance(found, ValueMeasured):
            return ABSENT
        if not factor:
            return escape(labels.number(found, self.lang))
        worked_out = float(f"{found.value * float(factor):.{SIGNIFICANT}g}")
        return escape(labels.number(replace(found, value=worked_out), self.lang).replace(".0", ""))

    def count(self, claim: str) -> str:
        """How often a counted claim was so in the recording, of how many: "24 of 32"."""
        found = self.log.claims.get(claim)
        said = labels.words(self.lang)["labels"]["claims.count"]
        return ABSENT if found is None or found.count is None else said.format(count=found.count, of=found.of)


def preset_of(recall: Recall, lesson: Lesson) -> str:
    """The preset whose recording a recall question is about: its own, else that of the step that shows it."""
    shown = (scene.preset for scene in lesson.scenes if scene.step == recall.step)
    return recall.preset or next(shown, "") or lesson.presets[0].name


def of_recall(recall: Recall, slots: PageSlots) -> RecordedSlots:
    """The slots of one recall question."""
    path = catalog.recording_path(slots.slug, preset_of(recall, slots.lesson))
    return RecordedSlots(slots.lang, slots.slug, slots.lesson, slots.front, log_summary.outline_of_file(path))

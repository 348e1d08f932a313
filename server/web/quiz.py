"""The questions of a lesson for a course site: its own question and those of its recall, in GIFT.

GIFT is Moodle's text format for questions, which Canvas converters, H5P tools and others read as well. Source: Moodle's
documentation, "GIFT format" (docs.moodle.org), and its importer, question/format/gift/format.php: a blank line ends a
question, ``::name::`` names it, ``[plain]`` says that its text holds no marks, ``=`` is the right and ``~`` a wrong
answer, ``#`` the feedback on an answer, ``####`` that on the question, an empty pair of braces an essay; a backslash
takes the meaning from ``~ = # { } :`` and from itself.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from ..lesson import Lesson, catalog
from ..text import labels, lesson_text, prose
from ..text.labels import Lang
from ..text.quiz_front_matter import QuizFrontMatter, Recall
from . import initial_view, log_summary
from .recorded_slots import of_recall
from .slots import PageSlots

_SPECIAL = re.compile(r"[\\~=#{}:]")
_TAG = re.compile(r"<[^>]*>")
_MEANING = re.compile(r'<span class="meaning".*?</span></span>', re.S)  # of a term: a page opens it when it is asked


def gift(slug: str, lang: Lang) -> str:
    """All questions of a lesson, in one category; "" for a lesson that asks none. Figures are its recording's."""
    lesson, front = catalog.discover()[slug], lesson_text.text(slug, lang).front
    if front.story is None:
        return ""
    path = catalog.recording_path(slug, initial_view.preset(lesson))
    slots = PageSlots(lang, slug, lesson, front, log_summary.outline_of_file(path))
    words = labels.words(lang)["quiz"]
    questions = [_asked(slug, lesson, front, front.story, _Plain(slots))]
    questions += [
        _recalled(f"{slug}-{number}", each, _Plain(of_recall(each, slots)), words)
        for number, each in enumerate(front.story.recall, 1)
    ]
    head = f"// {' '.join(words['head'].format(title=front.title, lang=labels.TAGS[lang]).split())}"
    category = f"$CATEGORY: Timeslice/{front.title.replace('/', '//')}"
    return "\n\n".join([head, category, *questions]) + "\n"


def file_name(slug: str, lang: Lang) -> str:
    """What the file is called: Moodle goes by the ending, and takes .txt for GIFT."""
    return f"{slug}-quiz.{lang}.gift.txt"


def escape(text: str) -> str:
    """A text in which nothing has a meaning for GIFT; line breaks are blanks."""
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", " ".join(text.split()))


class _Plain:
    """Sentences of a lesson without marks, with the figures of one recording."""

    def __init__(self, slots: PageSlots) -> None:
        self._slots = slots

    def __call__(self, sentence: str) -> str:
        made = _MEANING.sub("", prose.line(sentence, self._slots))
        return html.unescape(_TAG.sub("", made))


def _asked(slug: str, lesson: Lesson, front: prose.Front, story: QuizFrontMatter, plain: _Plain) -> str:
    """The lesson's question: an answer's feedback is why it is so, or the instant that refutes it."""
    answers = [
        _answer(plain(said), key == lesson.right, plain(story.because.get(key, "")))
        for key, said in front.answers.items()
    ]
    return _question(slug, plain(front.question), answers, plain(story.keep))


def _recalled(name: str, recall: Recall, plain: _Plain, words: Mapping[str, str]) -> str:
    """One with answers is a choice; the others are an essay, as no two people say a reason in the same words."""
    because = plain(recall.because)
    if not recall.answers:
        answered = words["answered"].format(answer=plain(recall.answer), because=because)
        return _question(name, plain(recall.ask), [], answered)
    answers = [_answer(plain(said), key == recall.right, "") for key, said in recall.answers.items()]
    return _question(name, plain(recall.ask), answers, because)


def _answer(said: str, right: bool, feedback: str) -> str:
    return f"{'=' if right else '~'}{escape(said)}" + (f" #{escape(feedback)}" if feedback else "")


def _question(name: str, ask: str, answers: list[str], feedback: str) -> str:
    lines = [f"::{escape(name)}::[plain]{escape(ask)} {{", *(f"  {each}" for each in answers)]
    return "\n".join([*lines, f"  ####{escape(feedback)}", "}"])

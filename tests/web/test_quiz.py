"""The questions of a lesson in GIFT, read back by a strict reader of the grammar that Moodle documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from server.cli import main as command_line
from server.lesson import catalog
from server.text import lesson_text
from server.text.labels import LANGS, Lang
from server.web import quiz

PLAIN = r"(?:[^\\~=#{}:\n]|\\[\\~=#{}:])+"  # nothing with a meaning, but behind a backslash
ANSWER = re.compile(rf"  (?P<sign>[=~])(?!%|\[)(?P<said>{PLAIN}?)(?: #(?P<feedback>{PLAIN}))?")
HEAD = re.compile(rf"::(?P<name>{PLAIN})::\[plain\](?P<ask>{PLAIN}) \{{")
FEEDBACK = re.compile(rf"  ####(?P<said>{PLAIN})")


def plain(text: str | None) -> str:
    return re.sub(r"\\([\\~=#{}:])", r"\1", text or "")


@dataclass
class Question:
    """One question as an importer has it."""

    name: str
    ask: str
    feedback: str = ""
    answers: list[tuple[bool, str, str]] = field(default_factory=list)


def read(text: str) -> Iterator[Question | str]:
    """Questions, and categories as texts; anything else fails."""
    for block in text.strip("\n").split("\n\n"):
        lines = [line for line in block.split("\n") if not line.startswith("//")]
        if not lines:
            continue
        if lines[0].startswith("$CATEGORY: "):
            assert len(lines) == 1
            yield lines[0].removeprefix("$CATEGORY: ")
            continue
        head = HEAD.fullmatch(lines[0])
        assert head, lines[0]
        assert lines[-1] == "}"
        made = Question(plain(head["name"]), plain(head["ask"]))
        for line in lines[1:-2]:
            found = ANSWER.fullmatch(line)
            assert found, line
            made.answers.append((found["sign"] == "=", plain(found["said"]), plain(found["feedback"])))
        last = FEEDBACK.fullmatch(lines[-2])
        assert last, lines[-2]
        made.feedback = plain(last["said"])
        yield made


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("slug", catalog.discover())
def test_every_lessons_questions_are_gift_with_one_right_answer_where_there_are_answers(slug: str, lang: Lang) -> None:
    front = lesson_text.text(slug, lang).front
    assert front.story is not None
    category, asked, *recalled = read(quiz.gift(slug, lang))
    assert category == f"Timeslice/{front.title.replace('/', '//')}"
    assert isinstance(asked, Question)
    assert len(asked.answers) == len(front.answers)
    assert [right for right, _, _ in asked.answers] == [key == catalog.discover()[slug].right for key in front.answers]
    assert all(feedback for _, _, feedback in asked.answers)
    assert len(recalled) == len(front.story.recall)
    for each, question in zip(front.story.recall, recalled, strict=True):
        assert isinstance(question, Question)
        assert sum(right for right, _, _ in question.answers) == (1 if each.answers else 0)
        assert question.feedback
        assert each.answers or question.feedback.startswith("答案：" if lang == "zh" else "Answer: ")
    whole = quiz.gift(slug, lang)
    assert not re.search(r"::\w+\{|<[a-z]|…|–", whole.replace("::[plain]", "")), "a slot or a mark is left"


def test_names_of_questions_are_unlike() -> None:
    found = [
        each.name for slug in catalog.discover() for each in read(quiz.gift(slug, "en")) if not isinstance(each, str)
    ]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("text", [r"a{b}=c~d#e:f\g", "::x:: {=a}", "#### // $CATEGORY: \\", "two\nlines\n\nand one"])
def test_nothing_in_a_text_has_a_meaning(text: str) -> None:
    assert re.fullmatch(PLAIN, quiz.escape(text))
    assert plain(quiz.escape(text)) == " ".join(text.split())


def test_a_page_hands_it_out_as_text_for_an_importer(client: httpx.Client) -> None:
    answer = client.get("/zh/lessons/states/quiz.gift")
    assert answer.status_code == 200
    assert answer.text == quiz.gift("states", "zh")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="states-quiz.zh.gift.txt"'
    assert client.get("/zh/lessons/nope/quiz.gift").status_code == 404


def test_the_command_writes_those_of_one_lesson_or_of_all(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    assert command_line.main(["quiz", "states", "--lang", "en"]) == 0
    assert capsysbinary.readouterr().out.decode() == quiz.gift("states", "en")
    path = tmp_path / "all.txt"
    assert command_line.main(["quiz", "--lang=zh", "-o", str(path)]) == 0
    found = [each for each in read(path.read_text("utf-8")) if isinstance(each, str)]
    assert len(found) == len(catalog.discover())
    assert command_line.main(["quiz", "nope"]) == 2
    assert b"there is no such lesson" in capsysbinary.readouterr().err

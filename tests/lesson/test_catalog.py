"""Folders become lessons in reading order; nothing is registered anywhere."""

from __future__ import annotations

import importlib
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.lesson import Lesson, catalog

FOLDER = """from server.lesson import Lesson
LESSON = Lesson(run=lambda stage, params: None, after={after!r}, part={part!r},
                views=(), params=(), presets=(), claims=())
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An importable, empty package of lessons."""
    monkeypatch.syspath_prepend(tmp_path)
    made = tmp_path / "some_lessons"
    made.mkdir()
    (made / "__init__.py").touch()
    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == made.name]:
        del sys.modules[name]
    catalog.discover.cache_clear()


def add(package: Path, name: str, after: str | None = None, part: str = "") -> None:
    (package / name).mkdir()
    (package / name / "__init__.py").write_text(FOLDER.format(after=after, part=part))


def test_the_slug_is_the_folders_name_and_after_gives_the_order_and_the_numbers(package: Path) -> None:
    add(package, "a_third", "z-first")
    add(package, "b_fourth", "a-third")
    add(package, "z_first")
    assert list(catalog.discover("some_lessons")) == ["z-first", "a-third", "b-fourth"]
    assert [catalog.lesson_number(slug, "some_lessons") for slug in ("z-first", "a-third", "b-fourth")] == [1, 2, 3]
    assert catalog.lesson_folder("a-third", "some_lessons") == package / "a_third"
    with pytest.raises(KeyError):
        catalog.lesson_number("no-such-lesson", "some_lessons")


def test_a_lesson_is_put_between_two_without_an_edit_of_theirs(package: Path) -> None:
    add(package, "first")
    add(package, "a_last", "first")
    add(package, "b_last", "a-last")
    add(package, "new", "first")
    assert list(catalog.discover("some_lessons")) == ["first", "new", "a-last", "b-last"]


def test_a_part_begins_with_the_first_lesson_that_names_it_and_a_copy_of_that_begins_none(package: Path) -> None:
    add(package, "first", part="one")
    add(package, "second", "first")
    add(package, "third", "second", part="two")
    add(package, "copy", "third", part="one")
    assert catalog.parts(catalog.discover("some_lessons")) == [("one", ["first", "second"]), ("two", ["third", "copy"])]


def test_a_folder_without_a_lesson_is_passed_over(package: Path) -> None:
    add(package, "first")
    (package / "coming").mkdir()
    (package / "coming" / "__init__.py").touch()
    assert list(catalog.discover("some_lessons")) == ["first"]


@pytest.mark.parametrize(
    ("after", "message"),
    [
        ({"first": None, "second": "frist"}, "second comes after 'frist', and there is no such lesson"),
        ({"one": None, "other": None}, "two lessons are the first: one, other"),
        ({"one": None, "here": "there", "there": "here"}, "in a circle: here, there"),
    ],
    ids=lambda each: "",
)
def test_what_makes_no_order_is_refused_by_name(package: Path, after: dict[str, str | None], message: str) -> None:
    for name, other in after.items():
        add(package, name, other)
    with pytest.raises(catalog.CatalogError, match=message):
        catalog.discover("some_lessons")


def test_a_recording_is_found_only_if_it_is_there(package: Path) -> None:
    add(package, "first")
    assert catalog.recording_path("first", "default", "some_lessons") is None
    path = package / "first" / "recordings" / "default.ndjson.gz"
    path.parent.mkdir()
    path.touch()
    assert catalog.recording_path("first", "default", "some_lessons") == path
    with pytest.raises(KeyError):
        catalog.recording_path("no-such-lesson", "default", "some_lessons")


def test_the_lessons_that_are_shipped_make_one_order() -> None:
    lessons = catalog.discover()
    assert "concurrency-parallelism" in lessons
    assert all(isinstance(lesson, Lesson) for lesson in lessons.values())


def test_a_folder_that_cannot_be_imported_is_named_and_leaves_the_others_alone(
    package: Path, caplog: pytest.LogCaptureFixture
) -> None:
    add(package, "first")
    add(package, "second", "first")
    add(package, "third", "second")
    (package / "second" / "__init__.py").write_text("raise LookupError('half written')")
    assert list(catalog.discover("some_lessons")) == ["first", "third"]
    assert caplog.messages == ["lesson second is left out: LookupError: half written"]


@pytest.mark.parametrize("name", catalog.lesson_folders())
def test_every_folder_of_ours_can_be_imported_and_is_a_lesson(name: str) -> None:
    assert isinstance(importlib.import_module(f"{catalog.PACKAGE}.{name}").LESSON, Lesson)


@pytest.mark.real_processes
def test_a_machine_where_nothing_can_be_written_still_lists_every_lesson() -> None:
    program = "from server.lesson import catalog; print(*catalog.discover())"
    limit = (resource.RLIMIT_FSIZE, (0, 0))
    found = subprocess.run(
        [sys.executable, "-B", "-c", program], capture_output=True, text=True, check=True,
        preexec_fn=lambda: resource.setrlimit(*limit),
    )  # fmt: skip
    assert found.stdout.split() == list(catalog.discover()), found.stderr

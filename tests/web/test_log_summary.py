"""What a page says of a recording is the same of its outline as of all of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from server.lesson import catalog
from server.log import seals
from server.web import log_summary

SHIPPED = sorted(catalog.lesson_folder(next(iter(catalog.discover()))).parent.rglob("*.ndjson.gz"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_an_outline_says_all_but_the_picture(path: Path) -> None:
    whole, outline = log_summary.of_file(path), log_summary.outline_of_file(path)
    assert whole.switches > 0
    assert replace(outline, timeline=whole.timeline) == whole


def test_of_a_recording_that_is_not_what_was_written_all_is_read_that_holds(tmp_path: Path) -> None:
    lines = seals.read(SHIPPED[0].read_bytes()).lines
    cut = tmp_path / "cut.ndjson.gz"
    cut.write_bytes(seals.compress(seals.seal_all(lines[:-1])))
    assert log_summary.outline_of_file(cut) == log_summary.of_file(cut)
    assert log_summary.outline_of_file(cut).proof is None
    assert log_summary.outline_of_file(tmp_path / "none.ndjson.gz") is log_summary.EMPTY

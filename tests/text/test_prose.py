"""The text of lessons and the words around it: format, slots, both languages, numbers."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.events import (
    ClaimBroken,
    ClaimHeld,
    Entry,
    Fact,
    ProofChecked,
    RunEnded,
    RunProof,
    RunStarted,
    TaskBorn,
    TaskState,
    TrialEnded,
    TrialStarted,
    ValueMeasured,
)
from server.lesson.catalog import discover
from server.log.timeline import read
from server.text import labels, prose
from server.web import listing, log_summary, negotiation, still
from server.web.slots import PageSlots

ROOT = Path(__file__).resolve().parents[2]
HEAD = "---\ntitle: T\nquestion: Q\nsummary: S\n---\n"


class Named:
    """Slots that show their own names."""

    def block(self, name: str, argument: str) -> str:
        return f"[{name} {argument}]"

    def inline(self, name: str, argument: str) -> str:
        return f"[{name} {argument}]"

    def holds(self, claim: str) -> bool:
        return claim == "held"


def html(markdown: str) -> str:
    return prose.render(markdown, Named())


def test_a_text_is_front_matter_and_steps_with_ids() -> None:
    found = prose.parse(HEAD + "## One {#one}\n\nA.\n\n## Two {#two}\n\nB.\n")
    assert [(step.id, step.title, step.body) for step in found.steps] == [("one", "One", "A."), ("two", "Two", "B.")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("## One {#one}\n", "front matter"),
        (HEAD + "Lost.\n## One {#one}\n", "before the first step"),
        (HEAD + "## One {#one}\n## Two {#one}\n", "same id"),
        ("---\ntitle: T\nquestion: Q\nsummary: S\ncolour: red\n---\n", "'colour'"),
        ("---\ntitle: T\n---\n", "question"),
        ("---\n- a\n---\n", "mapping"),
    ],
)
def test_a_malformed_text_is_refused_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(prose.Malformed, match=re.escape(why)):
        prose.parse(text)


def test_the_first_paragraph_of_a_step_is_what_the_projector_shows() -> None:
    assert html("One.\n\nTwo.") == '<p class="say">One.</p>\n<p>Two.</p>\n'


def test_slots_stand_on_their_own_line_or_in_a_sentence() -> None:
    assert html("It took ::value{wall_ms@1}.\n::code{job}\n\n- ::term{ready}") == (
        '<p class="say">It took [value wall_ms@1].</p>\n[code job]<ul>\n<li>[term ready]</li>\n</ul>\n'
    )


def test_folded_parts_hold_markdown() -> None:
    assert html("A.\n\n::: more\n**B** ::value{x}\n:::\n") == (
        '<p class="say">A.</p>\n<details class="more"><summary>[more ]</summary>'
        "<div><p><strong>B</strong> [value x]</p>\n</div></details>\n"
    )


def test_a_folded_passage_can_be_had_apart_from_what_stands_around_it() -> None:
    text = "A.\n\n::: more\nB ::value{x}\n:::\n\nC.\n\n::: teach\nD.\n:::\n"
    before, inside, after = prose.render_disclosure(text, Named())
    assert inside == "<p>B [value x]</p>\n"
    assert before + inside + after == html(text)
    assert prose.render_disclosure("A.", Named()) == (html("A."), "", "")


def test_markup_in_a_text_is_shown_and_not_obeyed() -> None:
    assert "<script" not in html("<script>alert(1)</script> <b onclick=x>")
    assert 'href="javascript' not in html("[x](javascript:alert(1))")


def test_strong_chinese_with_punctuation_at_its_edge_is_strong() -> None:
    assert html("这是**进程（process）**的定义") == '<p class="say">这是<strong>进程（process）</strong>的定义</p>\n'


def test_a_line_break_between_chinese_characters_leaves_no_space() -> None:
    assert html("一个\n核，\n两个 CPU\n核") == '<p class="say">一个核，两个 CPU\n核</p>\n'


def flat(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if not isinstance(tree, (dict, list)):
        yield path
        return
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield from flat(value, (*path, key))


def tree(lang: str) -> Any:
    return yaml.safe_load((ROOT / f"server/text/{lang}.yaml").read_text("utf-8"))


def test_both_languages_hold_the_same_words_with_the_same_slots() -> None:
    zh, en = tree("zh"), tree("en")
    assert set(flat(zh)) == set(flat(en))
    for path in flat(en):
        pair = []
        for each in (zh, en):
            for key in path:
                each = each[key]
            pair.append(sorted(re.findall(r"\{\w+\}", str(each))))
        assert pair[0] == pair[1], path


def test_no_word_is_hidden_from_templates_behind_a_method_of_its_tree() -> None:
    for path in flat(tree("en")):
        assert not {str(key) for key in path} & set(dir(labels.Words)), path


def test_every_word_that_javascript_says_exists() -> None:
    known = set(tree("en")["labels"])
    for script in (ROOT / "static/js").rglob("*.js"):
        code = re.sub(r"/\*.*?\*/|^\s*//.*$", "", script.read_text(), flags=re.S | re.M)
        for key in re.findall(r"\b(?:say|tell)\(\s*[\"']([a-z_.+]+)[\"']", code):
            assert key in known, f"{script.name} says {key}, and server/text does not know it"


def test_chinese_uses_chinese_punctuation() -> None:
    labels_zh = tree("zh")
    for path in flat(labels_zh):
        text: Any = labels_zh
        for key in path:
            text = text[key]
        assert not re.search(r"[\u4e00-\u9fff][,:;!?]", str(text)), f"{path}: {text}"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1.834, "x", "1.83×"), (4.04, "ms", "4.0\u00a0ms"), (0.314, "ms", "0.31\u00a0ms"),
        (1401.2, "ms", "1\u202f401\u00a0ms"),
        (412, "count", "412"), (1.5, "cores", "1.50"), (98.4, "percent", "98%"), (99.7, "percent", "99.7%"),
        (0.4, "percent", "0.4%"), (100.0, "percent", "100%"), (0.0, "percent", "0%"), (2.0, "s", "2.00\u00a0s"),
        (84.5, "count", "85"),  # a half goes up, as in the page's script
    ],
)  # fmt: skip
def test_numbers_have_a_unit_and_a_sensible_precision(value: float, unit: Any, text: str) -> None:
    assert labels.number(ValueMeasured("v", value, unit), "en") == text


@pytest.mark.parametrize(
    ("cookie", "accept", "lang"),
    [
        (None, None, "en"), (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"), (None, "zh-Hant-TW", "zh"), (None, "de,fr", "en"),
        (None, "en;q=0.2, zh;q=0.9", "zh"), ("en", "zh", "en"), ("zh", "en", "zh"), ("../x", "zh", "zh"),
        (None, "zh;q=0, en;q=0.1", "en"), (None, "zh;q=loud", "en"),
    ],
)  # fmt: skip
def test_the_language_is_the_cookies_then_the_browsers(cookie: str | None, accept: str | None, lang: str) -> None:
    assert negotiation.preferred(cookie, accept) == lang


def log(*facts: tuple[int, Fact]) -> list[Entry]:
    return [Entry(t_ms * 1_000_000, "seen", fact) for t_ms, fact in facts]


def run() -> list[Entry]:
    started = RunStarted("x", {}, "exact", [0], "6.18.1-amd64", "3.13.1", "2026-01-02T03:04:05+00:00", 0)
    return log(
        (0, started), (0, TrialStarted(1, {}, "k1")), (0, TaskBorn(1, 10, 10, 0, "T<1>", "process", "fork", 1)),
        (0, TaskState(1, "ready", "born")), (10, TaskState(1, "running", "dispatched", 3)),
        (60, TaskState(1, "blocked", "waits", 3, "pipe_read")), (100, TrialEnded(1)),
        (100, ValueMeasured("wall_ms", 100.0, "ms", 1)), (100, ClaimHeld("a", 3, 4)), (100, ClaimBroken("b")),
        (100, ProofChecked(1, "proved", 1, 1, 0, 0, 1, 1, 50, 50)),
    )  # fmt: skip


def test_a_log_becomes_lanes_with_the_same_states_as_everywhere() -> None:
    drawn = still.lanes(log_summary.of_log(run()).timeline, {"k1": "One <core>"}, {"waits.pipe_read": "pipe read"})
    assert '<rect class="ready" x="0%" width="10%"' in drawn
    assert '<rect class="running" x="10%" width="50%"' in drawn
    assert '<rect class="blocked" x="60%" width="40%"' in drawn
    assert ">pipe read</text>" in drawn
    assert ">3</text>" in drawn
    assert "T&lt;1&gt;" in drawn
    assert "One &lt;core&gt;" in drawn


def test_a_still_picture_shows_the_window_of_the_opening() -> None:
    drawn = still.lanes(log_summary.of_log(run()).timeline, {}, {}, (35_000_000, 85_000_000))
    assert '<rect class="running" x="0%" width="50%"' in drawn
    assert '<rect class="blocked" x="50%" width="50%"' in drawn
    assert re.findall(r'y="12">([^<]*)<', drawn) == ["40\u00a0ms", "50", "60", "70", "80"]


def test_what_is_narrower_than_a_column_becomes_one_bar_that_fills_the_same_time() -> None:
    entries = run()[:4]
    for n in range(10_000):
        states: tuple[Any, ...] = ("running", "dispatched") if n % 2 else ("ready", "preempted")
        entries.append(Entry(n * 10_000, "seen", TaskState(1, *states, 0)))
    drawn = "".join(still.bars(read(entries).tasks[1].spans_until(100_000_000), 0, 100_000_000))
    widths = [float(width) for width in re.findall(r'width="([\d.]+)%"', drawn)]
    assert len(widths) <= still.COLUMNS + 1
    assert sum(widths) == pytest.approx(100, abs=1)


def test_a_log_tells_values_verdicts_and_its_proof() -> None:
    found = log_summary.of_log(run())
    assert found.values["wall_ms@1"].value == 100
    assert isinstance(found.claims["a"], ClaimHeld)
    assert found.switches == 1
    assert found.proof is None, "it goes on"
    assert log_summary.EMPTY.proof is None


VERDICT: RunProof = {"verdict": "proved", "proved": 8, "owed": 8, "unread": 2, "lost": 0}


def test_the_badge_says_the_verdict_and_of_how_many_tasks_in_both_languages() -> None:
    ended = log_summary.of_log([*run(), Entry(9, "told", RunEnded("finished", proof=VERDICT))])
    badge = {lang: ended.badge(labels.words(lang)["labels"]) for lang in labels.LANGS}
    assert [each["verdict"] for each in badge.values()] == ["proved", "proved"]
    assert badge["en"]["words"] == "Recorded by the kernel · proved 8 of 8, 2 of a library not readable"
    assert badge["zh"]["words"] == "由内核记录 · 8 个任务核对了 8 个，另有库里的 2 个读不到"
    assert log_summary.EMPTY.badge(labels.words("en")["labels"])["verdict"] == "pending"


def test_slots_are_filled_from_the_log_and_empty_ones_say_so() -> None:
    slug, lesson = next(iter(discover().items()))
    front = prose.Front("T", "Q", "S", claims={"a": prose.Statement("A.")}, terms=(prose.Term("就绪", "ready"),))
    slots = PageSlots("en", slug, lesson, front, log_summary.of_log(run()))
    assert ">100\u00a0ms</output>" in slots.inline("value", "wall_ms@1")
    assert 'data-trial="2">–</output>' in slots.inline("value", "wall_ms@2")
    assert 'data-held="yes"' in slots.block("claim", "a")
    assert ">3 of 4</output>" in slots.inline("count", "a")
    assert 'data-count-of="b">–</output>' in slots.inline("count", "b")
    term = slots.inline("term", "ready")
    assert 'popovertarget="term-ready">ready</button>' in term
    assert '<span lang="zh-Hans">就绪</span>' in term
    assert slots.inline("term", "ready") == "ready"


def test_a_counted_claim_has_no_tick() -> None:
    front = prose.Front("T", "Q", "S", claims={"at_once": prose.Statement("In ::count{at_once} cases.")})
    slots = PageSlots("en", "multiprogramming", discover()["multiprogramming"], front, log_summary.of_log(run()))
    assert slots.block("claim", "at_once") == (
        '<p class="claim" data-claim="at_once" data-counted><span>In <output class="value" aria-live="off" '
        'data-count-of="at_once">–</output> cases.</span></p>'
    )


def test_the_shown_source_is_the_file_that_runs() -> None:
    for lesson in discover().values():
        for symbol in lesson.shown:
            found = listing.listing(lesson, symbol)
            text = [re.sub(r"<[^>]+>", "", line) for line in found.lines]
            source = Path(str(sys.modules[lesson.run.__module__].__file__)).read_text().splitlines()
            first = source[found.first_line - 1]
            assert unescape(text[0]).rstrip("\n") == first
            assert not re.findall(r'<i class="(.)">[^<]*</i><i class="\1">', "".join(found.lines)), "one mark would do"
            with pytest.raises(KeyError):
                listing.listing(lesson, "os")

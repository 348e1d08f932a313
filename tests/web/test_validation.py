"""Strict reading of JSON and forms, as properties: what is accepted is within its bounds, what is not is named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.lesson import Action, Lesson, Param, Preset, catalog
from server.web import validation

DECLARED = (
    Param("tasks", "int", 2, low=2, high=6),
    Param("copy", "bool", False),
    Param("style", "choice", "apply", choices=("apply", "wait")),
)


def toy(**more: Any) -> Lesson:
    """A lesson with one parameter of each type."""
    given_: dict[str, Any] = {"params": DECLARED, "presets": (Preset("wide", {"tasks": 6}),), **more}
    return Lesson(run=lambda _stage, _params: None, after=None, views=(), claims=(), **given_)


def faults(call: Any, *given_: Any) -> list[validation.FieldError]:
    with pytest.raises(validation.Refused) as caught:
        call(*given_)
    return list(caught.value.faults)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
NAMES = st.sampled_from([param.name for param in DECLARED]) | st.text(st.characters())


@given(st.dictionaries(NAMES, VALUES))
def test_parameters_that_are_accepted_have_their_type_and_are_within_their_bounds(sent: dict[str, Any]) -> None:
    try:
        made = validation.params(toy(), sent)
    except validation.Refused:
        return
    assert set(made) == {"tasks", "copy", "style"}
    assert type(made["tasks"]) is int
    assert 2 <= made["tasks"] <= 6
    assert type(made["copy"]) is bool
    assert made["style"] in ("apply", "wait")
    assert {name: made[name] for name in sent} == sent


@given(st.dictionaries(NAMES, VALUES))
def test_a_fault_can_always_be_told_and_holds_nothing_of_the_value(sent: dict[str, Any]) -> None:
    marked = {name: f"\u2603{value}" for name, value in sent.items()}
    try:
        validation.params(toy(), marked)
    except validation.Refused as refused:
        told = json.dumps([fault.public() for fault in refused.faults], ensure_ascii=False)
        assert "\u2603" not in told


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_called_malformed(raw: bytes) -> None:
    try:
        validation.parse(raw)
    except validation.Malformed:
        return


@pytest.mark.parametrize("slug", catalog.discover())
def test_no_accepted_parameters_of_a_lesson_exceed_its_budget(slug: str) -> None:
    lesson = catalog.discover()[slug]
    for name in [None, *(preset.name for preset in lesson.presets)]:
        made = validation.params(lesson, {}, name)
        assert lesson.budget is None or lesson.budget(made) is None


def test_a_preset_lies_between_the_defaults_and_what_is_given() -> None:
    assert validation.params(toy(), {}, "wide") == {"tasks": 6, "copy": False, "style": "apply"}
    assert validation.params(toy(), {"tasks": 3}, "wide")["tasks"] == 3
    assert [fault.field for fault in faults(validation.params, toy(), {}, "narrow")] == ["preset"]


def test_a_budget_refuses_with_its_reason() -> None:
    lesson = toy(budget=lambda params: "too many" if params["tasks"] > 4 else None)
    assert validation.params(lesson, {"tasks": 4})["tasks"] == 4
    fault = faults(validation.params, lesson, {"tasks": 5})[0]
    assert (fault.code, "too many" in fault.detail) == ("budget", True)


@pytest.mark.parametrize(
    ("value", "code"),
    [("7", "type"), (True, "type"), (3.0, "type"), (None, "type"), (float("nan"), "type"), (1, "range"), (7, "range")],
)
def test_the_code_of_a_fault_tells_a_wrong_type_from_a_wrong_size(value: Any, code: str) -> None:
    fault = faults(validation.params, toy(), {"tasks": value})[0]
    assert (fault.field, fault.code, fault.low, fault.high) == ("params.tasks", code, 2, 6)


def test_the_json_schema_of_parameters_says_bounds_choices_and_defaults() -> None:
    schema = validation.model_of(DECLARED).model_json_schema()
    assert schema["additionalProperties"] is False
    tasks = {"default": 2, "maximum": 6, "minimum": 2, "title": "tasks", "type": "integer"}
    assert schema["properties"]["tasks"] == tasks
    assert schema["properties"]["style"]["enum"] == ["apply", "wait"]


def test_a_form_says_what_json_would_have_said() -> None:
    pairs = [("tasks", "3"), ("copy", "true"), ("style", "wait")]
    assert validation.from_form(DECLARED, pairs) == {"tasks": 3, "copy": True, "style": "wait"}
    assert validation.from_form(DECLARED, []) == {"copy": False}


@pytest.mark.parametrize("value", ["3.0", "0x3", "1e0", "３", "", "three", "+3", "3 3", "9" * 30])
def test_a_form_does_not_guess_numbers(value: str) -> None:
    assert [
        fault.field for fault in faults(validation.params, toy(), validation.from_form(DECLARED, [("tasks", value)]))
    ] == ["params.tasks"]


@given(st.text(st.characters()))
def test_text_that_is_accepted_is_one_line_that_can_be_encoded(line: str) -> None:
    try:
        said = validation.text(line)
    except validation.Refused:
        return
    assert said == line
    assert len(said.splitlines()) <= 1
    assert len(said) <= validation.TEXT_POINTS
    assert said.encode().decode() == said


def test_an_action_takes_text_only_if_it_was_declared_with_it() -> None:
    say, stop = Action("say", text=True), Action("stop")
    assert validation.action(say, validation.act({"action": "say", "text": "a"})) == {"text": "a", "params": {}}
    assert validation.action(stop, validation.act({"action": "stop"})) == {"text": None, "params": {}}
    assert faults(validation.action, say, validation.act({"action": "say"}))[0].field == "text"
    assert faults(validation.action, stop, validation.act({"action": "stop", "text": "a"}))[0].field == "text"

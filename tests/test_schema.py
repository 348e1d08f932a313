"""events.d.ts is what events.py says, no more and no less."""

from dataclasses import fields

from server import events, schema


def test_the_committed_declarations_are_what_events_py_prints() -> None:
    assert schema.TARGET.read_text(encoding="utf-8") == schema.typescript(), "run: python -m server.schema"


def test_every_fact_and_every_field_is_declared_with_its_sentence() -> None:
    text = schema.typescript()
    for cls in events.FACTS.values():
        head, _, rest = text.partition(f"export interface {cls.__name__} {{")
        body = rest.partition("\n}")[0]
        assert rest, cls
        assert head.rstrip().endswith("*/")
        assert all(f"  {each.name}: " in body or f"  {each.name}?: " in body for each in fields(cls)), cls
        assert f"\n  | {cls.__name__}" in text


def test_a_field_that_may_be_left_out_is_optional_and_one_that_may_be_null_says_so() -> None:
    text = schema.typescript()
    assert "  cpu?: number;" in text
    assert "  exec?: boolean;" in text
    assert "  address: number | null;" in text
    assert "  waits_for?: WaitsFor;" in text
    assert "/** True when an exec set the name */" in text

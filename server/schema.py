"""events.py → static/js/events.d.ts: prints the vocabulary as TypeScript; it is no schema of its own.

``python -m server.schema`` writes the file; a test regenerates it and compares.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from functools import reduce
from operator import or_
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from . import events

TARGET = Path(__file__).resolve().parent.parent / "static/js/events.d.ts"
_ALIASES = ("Source", "Tier", "State", "Cause", "EndReason", "RunVerdict", "How", "WaitsFor")
_PLAIN = {int: "number", float: "number", str: "string", bool: "boolean", NoneType: "null", Any: "unknown"}


def typescript() -> str:
    """The whole declaration file, facts in the order of ``events.Fact``."""
    parts = ["// Generated from server/events.py by `python -m server.schema`; do not edit."]
    parts += [f"export type {name} = {_literal(getattr(events, name))};" for name in _ALIASES]
    parts.append(_nested(events.RunProof))
    parts += [_interface(cls) for cls in (*events.FACTS.values(), events.Entry)]
    parts.append("export type Fact =\n  | " + "\n  | ".join(cls.__name__ for cls in events.FACTS.values()) + ";")
    return "\n\n".join(parts) + "\n"


def _comments(cls: type[Any]) -> dict[str, str]:
    return dict(re.findall(r"^    (\w+): [^#\n]*?# (.+)$", inspect.getsource(cls), re.MULTILINE))


def _nested(cls: type[Any]) -> str:
    """A dictionary within a fact: all of its keys are always there."""
    comments = _comments(cls)
    lines = [f"/** {cls.__doc__} */", f"export interface {cls.__name__} {{"]
    for name, hint in get_type_hints(cls).items():
        lines += [f"  /** {comments[name]} */", f"  {name}: {_type(hint)};"]
    return "\n".join([*lines, "}"])


def _interface(cls: type[Any]) -> str:
    hints, comments = get_type_hints(cls), _comments(cls)
    lines = [f"/** {cls.__doc__} */", f"export interface {cls.__name__} {{"]
    for each in sorted(fields(cls), key=lambda each: each.name != "kind"):
        absent = each.default is None or each.default is False
        hint = _without_none(hints[each.name]) if absent else hints[each.name]
        if each.name in comments:
            lines.append(f"  /** {comments[each.name]} */")
        lines.append(f"  {each.name}{'?' if absent else ''}: {_type(hint)};")
    return "\n".join([*lines, "}"])


def _without_none(hint: Any) -> Any:
    kept = [arg for arg in get_args(hint) if arg is not NoneType]
    return reduce(or_, kept) if NoneType in get_args(hint) else hint


def _type(hint: Any) -> str:
    for name in _ALIASES:
        if hint == getattr(events, name):
            return name
    if hint == events.Fact:
        return "Fact"
    if is_typeddict(hint):
        return str(hint.__name__)
    origin = get_origin(hint)
    if origin is Literal:
        return _literal(hint)
    if origin in (Union, UnionType):
        return " | ".join(_type(arg) for arg in get_args(hint))
    if origin is list:
        return f"{_type(get_args(hint)[0])}[]"
    if origin is dict:
        return f"Record<string, {_type(get_args(hint)[1])}>"
    return _PLAIN[hint]


def _literal(hint: Any) -> str:
    return " | ".join(f'"{word}"' for word in get_args(hint))


if __name__ == "__main__":
    TARGET.write_text(typescript(), encoding="utf-8")

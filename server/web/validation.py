"""What a client may say: JSON and forms into typed, bounded values, or faults that never repeat what was sent.

It knows no web framework. Every value a lesson receives has passed :func:`params`; every appended line :func:`text`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from ..lesson import Action, Lesson, Param

TEXT_POINTS = 200
Model = TypeVar("Model", bound=BaseModel)
Code = Literal["missing", "unknown", "type", "range", "choice", "twice", "text", "budget"]

#: C0, DEL and C1, the line and paragraph separators, bidirectional embeddings, overrides and isolates, surrogates.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_HUGE = 10**20


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with a body. No field holds anything of the value that was sent."""

    field: str  # dotted path of declared names; "" is the body itself
    code: Code
    must: str  # "be an integer from 2 to 4": completes "<field> must …"
    got: str | None = None  # JSON type of the value: "integer", "number", "text", "boolean", "null", "list", "object"
    low: int | None = None  # bound, both ends included
    high: int | None = None
    choices: tuple[str, ...] = ()

    @property
    def detail(self) -> str:
        """One English sentence."""
        said = f"{self.field or 'The body'} must {self.must}"
        return f"{said}; it is {self.got}." if self.got else f"{said}."

    def public(self) -> dict[str, Any]:
        """The fault as an item of a problem's ``errors``."""
        return {**{key: value for key, value in asdict(self).items() if value not in (None, ())}, "detail": self.detail}


class Refused(Exception):
    """The value does not fit; ``faults`` say where and why (never empty)."""

    def __init__(self, *faults: FieldError) -> None:
        super().__init__(" ".join(fault.detail for fault in faults))
        self.faults = faults


PAGE = r"^[a-z0-9_-]{1,64}$"  # what a page may call itself


class Malformed(ValueError):
    """The bytes are no JSON text in UTF-8 (RFC 8259)."""


class _DuplicateKey:
    """Stands for the value of a key that an object holds twice: no model accepts it."""


def parse(raw: bytes) -> Any:
    """JSON bytes into Python values; raises :class:`Malformed`.

    What Python's reader would let through is left recognisable, so that the model names its field: a key given
    twice becomes a marker, NaN and the infinities stay floats (no model has a float), a lone surrogate stays one.
    """
    try:
        return json.loads(raw.decode(), object_pairs_hook=_once, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise Malformed("The body must be one JSON text in UTF-8.") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        name = _replace_surrogates(key)
        made[name] = _DuplicateKey() if name in made else value
    return made


def _replace_surrogates(key: str) -> str:
    """A key without lone surrogates; no declared name holds one, so this one stays unknown."""
    return key.encode(errors="replace").decode()


def _integer(digits: str) -> int:
    """An integer too long for anybody's bounds is only known to be huge: Python refuses to read 4,300 digits."""
    return int(digits) if len(digits) < 20 else (-_HUGE if digits[0] == "-" else _HUGE)


class Start(BaseModel):
    """The body of POST /api/runs; ``params`` meets its lesson's own model afterwards."""

    model_config = ConfigDict(strict=True, extra="forbid")
    lesson: str = Field(description="slug of the lesson")
    preset: str | None = Field(None, description="name of one of its presets")
    params: dict[str, Any] = Field(default_factory=dict, description="parameters that differ from the preset's")
    page: str | None = Field(
        None, pattern=PAGE, description="name that a page gave itself: it joins an equal run that waits"
    )
    own: bool = Field(False, description="with `page`: a run that nobody joins, and that joins none")


class Act(BaseModel):
    """The body of POST /api/runs/{id}/actions."""

    model_config = ConfigDict(strict=True, extra="forbid")
    action: str = Field(description="name of one of the lesson's actions")
    text: str | None = Field(None, description="the line to append, for the action that takes one")
    params: dict[str, Any] = Field(default_factory=dict, description="the action's parameters")


_MUST = {
    "lesson": "be text", "preset": "be text", "action": "be text", "text": "be text", "params": "be an object",
    "page": "be 1 to 64 of a-z, 0-9, _ and -", "own": "be true or false",
}  # fmt: skip


def start(data: Any) -> Start:
    """A checked body of POST /api/runs; raises :class:`Refused`."""
    return _check(Start, data)


def page_name(given: str | None) -> str | None:
    """What a page calls itself, if it is a name."""
    return given if given is not None and re.fullmatch(PAGE, given) else None


def act(data: Any) -> Act:
    """A checked body of POST …/actions; raises :class:`Refused`."""
    return _check(Act, data)


def _check(model: type[Model], data: Any) -> Model:
    must = {name: _MUST[name] for name in model.model_fields}
    if not isinstance(data, dict):
        raise Refused(FieldError("", "type", "be an object", kind_of(data)))
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise Refused(*(_field_error(each, must) for each in error.errors(include_url=False))) from None


def _field_error(error: Any, must: Mapping[str, str]) -> FieldError:
    name = str(error["loc"][0])
    if name not in must:  # the name itself is the client's: it is not repeated
        return FieldError("", "unknown", f"hold only {_listed(must)}")
    if error["type"] == "missing":
        return FieldError(name, "missing", must[name], "missing")
    got = error["input"]
    return FieldError(name, "twice" if isinstance(got, _DuplicateKey) else "type", must[name], kind_of(got))


def kind_of(value: object) -> str:
    """The JSON type of a value, in words for an error."""
    if isinstance(value, _DuplicateKey):
        return "given twice"
    if isinstance(value, float) and value.is_integer():
        return "a number with a decimal point"
    names = {bool: "a boolean", int: "an integer", float: "a number", str: "text", list: "a list", dict: "an object"}
    return "null" if value is None else names.get(type(value), "of another type")


def params(
    lesson: Lesson, given: Mapping[str, Any], preset: str | None = None, field: str = "params"
) -> dict[str, Any]:
    """Defaults, then the preset's, then the given parameters, all checked; raises :class:`Refused`.

    An unknown preset is a fault, and so is a product of parameters that the lesson's ``budget`` refuses.
    """
    merged = _preset(lesson, preset) | values(lesson.params, given, field)
    whole = {each.name: merged.get(each.name, each.default) for each in lesson.params}
    reason = lesson.budget(whole) if lesson.budget else None
    if reason:
        raise Refused(FieldError(field, "budget", f"stay within the lesson's budget: {reason}"))
    return whole


def _preset(lesson: Lesson, name: str | None) -> dict[str, Any]:
    if name is None:
        return {}
    for preset in lesson.presets:
        if preset.name == name:
            return dict(preset.params)
    names = tuple(preset.name for preset in lesson.presets)
    raise Refused(FieldError("preset", "choice", f"be one of {_listed(names)}", "another name", choices=names))


def values(declared: Sequence[Param], given: Mapping[str, Any], field: str = "params") -> dict[str, Any]:
    """The given values checked against their declarations, nothing filled in; raises :class:`Refused`."""
    known = {each.name: each for each in declared}
    try:
        checked = model_of(tuple(declared)).model_validate(
            {_replace_surrogates(name): value for name, value in given.items()}
        )
    except ValidationError as error:
        raise Refused(*(_param_error(each, known, field) for each in error.errors(include_url=False))) from None
    return checked.model_dump(by_alias=True, exclude_unset=True)


def _param_error(error: Any, known: Mapping[str, Param], field: str) -> FieldError:
    name = str(error["loc"][0])
    if name not in known:
        return FieldError(field, "unknown", f"hold only {_listed(known)}" if known else "be empty")
    param, got = known[name], error["input"]
    code: Code = "twice" if isinstance(got, _DuplicateKey) else "type"
    if code == "type" and error["type"] in ("greater_than_equal", "less_than_equal"):
        code = "range"
    elif code == "type" and param.type == "choice" and isinstance(got, str):
        code = "choice"
    told = "another word" if code == "choice" else kind_of(got)
    return FieldError(f"{field}.{name}", code, describe(param), told, param.low, param.high, param.choices)


def describe(param: Param) -> str:
    """What the parameter must be, completing "must …"."""
    if param.type == "bool":
        return "be true or false"
    if param.type == "choice":
        return f"be one of {_listed(param.choices)}"
    return f"be an integer from {param.low} to {param.high}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"


@cache
def model_of(declared: tuple[Param, ...]) -> type[BaseModel]:
    """A strict pydantic model of the parameters; ``model_json_schema()`` is their JSON Schema.

    Fields carry a prefix, parameters are their aliases: a parameter may thus be called ``copy`` or ``json``.
    """
    made: dict[str, Any] = {f"p_{each.name}": (_type_of(each), _field_of(each)) for each in declared}
    return create_model("params", __config__=ConfigDict(strict=True, extra="forbid"), **made)


def _type_of(param: Param) -> Any:
    if param.type == "choice":
        return Literal[param.choices]
    return bool if param.type == "bool" else Annotated[int, Field(ge=param.low, le=param.high)]


def _field_of(param: Param) -> Any:
    return Field(param.default, alias=param.name, title=param.name)


def text(value: str, field: str = "text") -> str:
    """The line if it may be appended to a log as it is; raises :class:`Refused`."""
    must = f"be one line of at most {TEXT_POINTS} characters without control, line-separating or direction characters"
    if len(value) > TEXT_POINTS or _UNFIT.search(value):
        raise Refused(FieldError(field, "text", must, high=TEXT_POINTS))
    return value


def action(declared: Action, body: Act) -> dict[str, Any]:
    """Keyword arguments for ``Run.send_action`` of a known action; raises :class:`Refused`."""
    if declared.text and body.text is None:
        raise Refused(FieldError("text", "missing", "be text", "missing"))
    if body.text is not None and not declared.text:
        raise Refused(FieldError("text", "unknown", "be left out for this action"))
    said = {each.name: each.default for each in declared.params} | values(declared.params, body.params)
    return {"text": None if body.text is None else text(body.text), "params": said}


def from_form(declared: Sequence[Param], pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Form fields (strings) as JSON would have said them: declared integers and checkboxes are converted.

    What cannot be converted stays text, so that :func:`params` refuses it and names it. A checkbox that is not sent
    is false. Undeclared names pass through, to be refused as unknown.
    """
    kinds = {each.name: each.type for each in declared}
    made = _once([(name, _converted(kinds.get(name), value)) for name, value in pairs])
    return {each.name: False for each in declared if each.type == "bool"} | made


def _converted(kind: str | None, value: str) -> int | bool | str:
    if kind == "int" and _WHOLE.fullmatch(value.strip()):
        return int(value)
    if kind == "bool" and value in ("on", "true", "1"):
        return True
    if kind == "bool" and value in ("off", "false", "0", ""):
        return False
    return value

"""The words of presenting as JSON: its script fetches them when it is asked for, so that no page carries them."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ..text import labels
from ..text.labels import Lang
from . import render

#: Key caps → their words; the table itself is static/js/present/keys.js.
KEYS = (
    (("PageDown", "→", "↓", "Space", "Enter"), "next"), (("PageUp", "←", "↑"), "back"), (("Home", "End"), "edges"),
    (("1", "…", "9"), "digits"), (("G",), "goto"), (("R",), "run"), (("A",), "all"), (("B", "."), "black"),
    (("F5", "F"), "full"), (("S",), "notes"), (("Shift ←", "Shift →"), "events"), (("[", "]"), "speed"),
    (("Esc",), "leave"), (("?",), "help"),
)  # fmt: skip


def respond(request: Request, lang: Lang) -> Response:
    """``{labels, keys}``: what slides and notes say, and the rows of their help; 304 if the client has it."""
    said = labels.words(lang)["present"]
    value: dict[str, Any] = {
        "labels": dict(said["labels"]),
        "keys": [(caps, said["shortcuts"][name]) for caps, name in KEYS],
    }
    return render.respond_json(request, lang, value)

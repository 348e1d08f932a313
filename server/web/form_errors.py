"""What is wrong with a form, as a sentence in the reader's language that never repeats what was sent."""

from __future__ import annotations

from ..text import labels
from ..text.labels import Lang
from ..text.prose import Front
from .validation import FieldError


def sentence(fault: FieldError, front: Front, lang: Lang) -> str:
    """One sentence for a fault of :mod:`server.web.validation`, with the field's own label."""
    words = labels.words(lang)["errors"]
    if fault.code == "budget":
        return str(words["budget"])
    name = fault.field.rpartition(".")[2]
    if fault.code == "unknown" or name not in (*front.params, "preset"):
        return str(words["unknown" if fault.code == "unknown" else "invalid"])
    label = front.params.get(name, labels.words(lang)["lesson"]["presets"])
    if fault.low is not None and fault.high is not None:
        problem = words["between"].format(low=fault.low, high=fault.high)
    elif fault.choices:
        given = front.choices.get(name, front.presets)
        problem = words["one_of"].format(choices=", ".join(given.get(key, key) for key in fault.choices))
    else:
        problem = words["boolean"]
    return str(words["field"].format(field=label, problem=problem))

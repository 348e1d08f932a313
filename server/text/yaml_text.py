"""YAML by the C parser, where PyYAML was built with it: five times faster than the one in Python."""

from __future__ import annotations

from typing import Any

import yaml

YAMLError = yaml.YAMLError
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str) -> Any:
    """Plain values only; raises :class:`YAMLError`."""
    return yaml.load(text, _LOADER)  # noqa: S506 - both are safe loaders

"""The recipes of docs/embedding.md, as a reader copies them; it tests nothing."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/embedding.md"
EXAMPLE = "https://your.host"


def recipe(name: str, site: str) -> list[str]:
    """The blocks of code below **name**, in their order, with ``site`` instead of the address of the example."""
    text = PAGE.read_text("utf-8")
    found = re.search(rf"(?ms)^\*\*{re.escape(name)}\*\*.*?(?=^\*\*|\Z)", text)
    assert found is not None, f"{PAGE.name} has no recipe for {name}"
    return [block.replace(EXAMPLE, site) for block in re.findall(r"(?ms)^```\w+\n(.*?)^```$", found[0])]

"""What the harness leans on of Playwright's insides: the features that it turns off, which ours must name, too."""

from __future__ import annotations

import re
from pathlib import Path

import playwright

from tests.browser import harness


def test_what_playwright_turns_off_stays_off() -> None:
    """Chromium takes the last --disable-features alone; the list of playwright 1.65 lies in its bundle."""
    bundle = Path(playwright.__file__).parent / "driver/package/lib/coreBundle.js"
    found = re.search(r"\bdisabledFeatures = \[(.*?)\]", bundle.read_text("utf-8"), re.DOTALL)
    assert found is not None
    off = re.findall(r'^ *"(\w+)",?$', found[1], re.MULTILINE)
    assert harness.LEFT_ON in off, "the list has moved on: look why it was left on"
    assert [each for each in off if each != harness.LEFT_ON] == harness.PLAYWRIGHT_OFF

"""The lesson contract: what a lesson's folder declares, where lessons are found, and how claims are evaluated.

It is imported in the observed process tree, so it needs the standard library only.
"""

from .contract import (
    Action,
    Claim,
    Fold,
    Lesson,
    Opening,
    Param,
    Preset,
    Verdict,
    View,
)

__all__ = ["Action", "Claim", "Fold", "Lesson", "Opening", "Param", "Preset", "Verdict", "View"]

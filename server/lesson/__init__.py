"""The lesson contract: what a lesson's folder declares, where lessons are found, and how claims are evaluated.

It is imported in the observed process tree, so it needs the standard library only.
"""

from .contract import (
    Action,
    Claim,
    ClaimResult,
    Fold,
    Lesson,
    Param,
    Preset,
    View,
)
from .scenes import Moment, Scene

__all__ = ["Action", "Claim", "ClaimResult", "Fold", "Lesson", "Moment", "Param", "Preset", "Scene", "View"]

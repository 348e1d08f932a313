"""A lesson's folds over one run's log, evaluated where the log is appended; it appends nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..events import ClaimBroken, Entry, Fact, State, TaskState
from ..log.timeline import Timeline
from .claim_folds import TimelineFold
from .contention_measure import ContentionMeasure
from .contract import ClaimResult, Fold, Lesson


class ClaimEvaluation:
    """All claims and measures of one run. Feed it every entry in log order, then ask for the end once."""

    def __init__(self, lesson: Lesson, params: Mapping[str, Any], preset: str | None) -> None:
        """Claims bound to presets take part if ``preset`` is one of theirs, or one's with the same parameters."""
        shown = _presets(lesson, params, preset)
        self._folds: list[tuple[str | None, Fold]] = [
            (claim.name, claim.fold(params))
            for claim in lesson.claims
            if not claim.presets or shown.intersection(claim.presets)
        ]
        self._folds += [(None, measure(params)) for measure in (*lesson.measures, ContentionMeasure)]
        self._timeline = Timeline()  # one for all that read it
        for _, fold in self._folds:
            if isinstance(fold, TimelineFold):
                fold.timeline = self._timeline
        self._asked: dict[type[Fact] | State, list[tuple[str | None, Fold]]] = {}
        self._last_ns = 0

    def see(self, entry: Entry) -> list[Entry]:
        """What ``entry`` settles, as derived entries of its instant; folds see only what concerns them."""
        self._last_ns = max(self._last_ns, entry.t_ns)
        self._timeline.add(entry)
        fact = entry.fact
        kind = fact.state if isinstance(fact, TaskState) else type(fact)
        asked = self._asked.get(kind)
        if asked is None:
            asked = self._asked[kind] = [(name, fold) for name, fold in self._folds if _concerns(fold, fact)]
        if not asked:
            return []
        found = self._ask(asked, lambda fold: fold.see(entry), entry.t_ns)
        if found:
            self._asked.clear()  # a claim that has settled may want to see less
        return found

    def end(self, t_ns: int) -> list[Entry]:
        """What only the end settles, as derived entries at ``t_ns``."""
        return self._ask(self._folds, lambda fold: fold.end(), t_ns)

    def _ask(
        self, folds: list[tuple[str | None, Fold]], question: Callable[[Fold], Iterable[ClaimResult]], t_ns: int
    ) -> list[Entry]:
        found: list[Entry] = []
        for name, fold in list(folds):
            try:
                for verdict in question(fold):
                    found.append(Entry(t_ns, "derived", verdict))  # noqa: PERF401 - what came before it failed counts
            except Exception as error:  # a fold that fails must not take the run with it: it is a broken claim
                self._folds.remove((name, fold))
                self._asked.clear()
                if name is not None:
                    reason = f"its reading of the log failed: {type(error).__name__}"
                    found.append(Entry(t_ns, "derived", ClaimBroken(name, reason)))
        return found


def _concerns(fold: Fold, fact: Fact) -> bool:
    """Whether a fold has to be shown facts like this one; of one that reads no timeline, all."""
    if not isinstance(fold, TimelineFold):
        return True
    return fact.state in fold.watched_states() if isinstance(fact, TaskState) else fold.concerns(type(fact))


def _presets(lesson: Lesson, params: Mapping[str, Any], preset: str | None) -> set[str]:
    """The preset that was picked, and those whose own parameters these are."""
    alike = {each.name for each in lesson.presets if all(params.get(k) == v for k, v in each.params.items())}
    distinctive = {each.name for each in lesson.presets if each.params}
    named = {preset} if preset is not None else set()
    return named or (alike & distinctive) or alike

"""How long runs take, by lesson and parameters, as they ended here; before that, as the shipped recordings took.

The logarithm of a duration is a constant of the lesson and a weight for each parameter that is not at its default, both
corrected after every run by normalised least mean squares (Widrow and Hoff 1960): whoever asks for twice the work is
told twice the time after a few runs, and a machine that has become slower is known after the next one. How far such
guesses were off says how long one that is late should go on.

Until a run has ended here, the recording's time is multiplied by the tasks that want a core, a core: on a machine where
ten others work, it will not be what it was on a quiet one.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from typing import Any

from .. import events
from ..events import RunEnded
from ..lesson import Lesson, catalog
from ..log import seals

DEFAULT_DURATION_S = 5.0  # how long a run takes of which nothing is known
LAUNCH_S = 0.6  # of a run beside what its log spans: the fork of its launcher, the recorder, the last facts
_MIN_S = 0.1
_LEARNING_RATE = 0.4  # of the error of the newest run
_INITIAL_LOG_ERROR = 0.2  # by how much a guess is off, as a logarithm, before one has been checked
_INITIAL_WEIGHT = 0.5  # of a number, until runs have shown it: between all of the work and none
_MAX_WEIGHT = 2.0


class Durations:
    """Seconds that runs take from their start until their place is free again; lives on one event loop."""

    def __init__(self, package: str = catalog.PACKAGE) -> None:
        self._package = package
        self.launch_s = LAUNCH_S  # from the start of a run to its first fact
        self._models: dict[str, _LessonModel] = {}

    def record_launch(self, took_s: float) -> None:
        """The first fact of a run came so long after its start."""
        self.launch_s += _LEARNING_RATE * (took_s - self.launch_s)

    def record(self, lesson: str, params: Mapping[str, Any], took_s: float) -> None:
        """One has ended by itself."""
        self._of(lesson).learn(params, math.log(max(took_s, _MIN_S)))

    def expected_s(self, lesson: str, params: Mapping[str, Any]) -> float:
        """How long the next of this kind should take."""
        known = self._of(lesson)
        drift = 0.0 if known.runs else self._drift
        return min(math.exp(known.log_s(params) + drift + known.log_mean), known.most_s)

    def remaining_s(self, lesson: str, params: Mapping[str, Any], began_s: float) -> float:
        """How long one that began at this instant of the monotonic clock should go on."""
        expected, went_s = self.expected_s(lesson, params), time.monotonic() - began_s
        return max(expected - went_s, self._of(lesson).log_error * max(expected, went_s))

    def overdue(self, lesson: str, params: Mapping[str, Any], began_s: float) -> float:
        """How many times as long as expected it has gone on already; at least 1, at most what a run may take."""
        went_s = min(time.monotonic() - began_s, self._of(lesson).most_s)
        return max(1.0, went_s / self.expected_s(lesson, params))

    def _of(self, lesson: str) -> _LessonModel:
        if lesson not in self._models:
            declared = catalog.discover(self._package)[lesson]
            self._models[lesson] = _LessonModel(declared, _shipped_s(lesson, declared, self._package))
        return self._models[lesson]

    @property
    def _drift(self) -> float:
        """By how much this machine, at its present load, differs from the recordings: the mean of the logarithms."""
        seen = [each.drift for each in self._models.values() if each.runs]
        return sum(seen) / len(seen) if seen else math.log(load_per_core())


class _LessonModel:
    """What is known of one lesson."""

    def __init__(self, lesson: Lesson, first_s: float) -> None:
        self.runs = 0
        self.log_error = _INITIAL_LOG_ERROR  # mean of what its guesses were off
        self.most_s = lesson.wall_s + LAUNCH_S
        self._defaults = {each.name: each.default for each in lesson.params}
        self._first = self._constant = math.log(first_s)
        self._weights: dict[str, float] = {}

    @property
    def drift(self) -> float:
        return self._constant - self._first

    @property
    def log_mean(self) -> float:
        """What the mean is above the median, as a logarithm: durations are skewed, taken as log-normal, and what waits
        in a line adds up means. A normal deviate is off by 0.8 of its standard deviation on average."""
        return (self.log_error / 0.8) ** 2 / 2 if self.runs > 1 else 0.0

    def log_s(self, params: Mapping[str, Any]) -> float:
        return self._constant + sum(self._weight(name) * x for name, x in self._features(params).items())

    def learn(self, params: Mapping[str, Any], log_s: float) -> None:
        features, share = self._features(params), 1.0 if self.runs == 0 else _LEARNING_RATE
        error = log_s - self.log_s(params)
        if self.runs:
            self.log_error += _LEARNING_RATE * (min(abs(error), 1.0) - self.log_error)
        step = share * error / (1.0 + sum(x * x for x in features.values()))
        self._constant += step
        for name, x in features.items():
            self._weights[name] = max(-_MAX_WEIGHT, min(self._weight(name) + step * x, _MAX_WEIGHT))
        self.runs += 1

    def _weight(self, name: str) -> float:
        return self._weights.get(name, 0.0 if "=" in name else _INITIAL_WEIGHT)

    def _features(self, params: Mapping[str, Any]) -> dict[str, float]:
        """A number by how many times its default it is, as a logarithm; another choice by that it is one."""
        found: dict[str, float] = {}
        for name, default in self._defaults.items():
            value = params.get(name, default)
            if value == default and type(value) is type(default):
                continue
            if _positive(value) and _positive(default):
                found[name] = math.log(value / default)
            else:
                found[f"{name}={value}"] = 1.0
        return found


def load_per_core() -> float:
    """Tasks that want a core, a core, over the last minute; at least 1 (getloadavg(3))."""
    try:
        return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    except OSError:
        return 1.0


def _positive(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _shipped_s(slug: str, lesson: Lesson, package: str) -> float:
    """Seconds that the recording of the lesson's first preset spans, with the launch; reading it takes some ms."""
    path = catalog.recording_path(slug, lesson.presets[0].name, package) if lesson.presets else None
    try:
        lines = [] if path is None else seals.read(path.read_bytes()).lines
        last = events.decode(lines[-1]).fact if lines else None
    except (OSError, ValueError):
        return DEFAULT_DURATION_S
    wall_ns = last.summary.get("wall_ns") if isinstance(last, RunEnded) else None
    return LAUNCH_S + wall_ns / 1e9 if isinstance(wall_ns, int) and wall_ns > 0 else DEFAULT_DURATION_S

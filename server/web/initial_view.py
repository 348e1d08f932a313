"""Where a recording is paused at first: the picture of the first scene of its preset, from the shipped recording."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..lesson import Lesson, catalog, moments, resolver
from ..log import recording


@dataclass(frozen=True, slots=True)
class InitialView:
    """The playhead, the window and the speed a reader finds."""

    t_ns: int
    view_ns: tuple[int, int]
    speed: float


def preset(lesson: Lesson) -> str:
    """The preset of the picture a reader sees before any click."""
    return lesson.scenes[0].preset if lesson.scenes else lesson.presets[0].name


def of(slug: str, lesson: Lesson, preset: str, see: str = "") -> InitialView | None:
    """The initial view of a preset; None if it has no recording, or no scene that its recording shows.

    A preset that no step is about opens as the step ``see`` does, the one that decides the question, or as any other.
    """
    path = catalog.recording_path(slug, preset)
    if path is None:
        return None
    log = _read(path, path.stat().st_mtime_ns)
    scenes = [scene for scene in lesson.scenes if scene.preset == preset]
    scenes = scenes or sorted(lesson.scenes, key=lambda scene: scene.step != see)
    pictures = (resolver.resolve_scene(scene, log) for scene in scenes)
    found = next((each for each in pictures if each is not None), None)
    if found is None:
        return None
    return InitialView(found.at_ns, (found.from_ns, found.to_ns), found.play.speed if found.play else 0.01)


@lru_cache(maxsize=32)
def _read(path: Path, _changed_ns: int) -> moments.SceneLog:
    return moments.scene_log(recording.read(path).entries)

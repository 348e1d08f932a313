"""Scenes as the page carries them to its script: JSON-ready, defaults left out (docs/design.md, "Scenes")."""

from __future__ import annotations

from math import floor
from typing import Any

from .contract import Lesson
from .excerpt import excerpt
from .moments import MS
from .resolver import ResolvedScene
from .scenes import Moment, Scene


def scene_to_json(lesson: Lesson, scene: Scene) -> dict[str, Any]:
    """One scene; raises ``ValueError`` if its code is not in the shown source."""
    said: dict[str, Any] = {"step": scene.step, "preset": scene.preset, "at": moment_to_json(scene.at)}
    if scene.around_ms is not None:
        said["around"] = {"ns": floor(scene.around_ms * MS)}
    elif scene.around_share is not None:
        said["around"] = {"share": scene.around_share}
    elif scene.around_turns is not None:
        said["around"] = {"turns": scene.around_turns}
    if scene.lead != 0.5:
        said["lead"] = scene.lead
    said |= {name: list(found) for name in ("trials", "tasks", "views") if (found := getattr(scene, name))}
    said |= {name: found for name in ("select", "action", "same", "path") if (found := getattr(scene, name))}
    if scene.own_claim:
        said["claim"] = scene.own_claim
    if scene.code:
        lines = excerpt(lesson, scene.code)
        said["code"] = {"symbol": lines.symbol, "first": lines.first, "last": lines.last}
        if lines.lit is not None:
            said["code"]["lit"] = list(lines.lit)
    if scene.measure is not None:
        said["measure"] = [moment_to_json(each) for each in scene.measure]
    if scene.play is not None:
        said["play"] = {"speed": scene.play} if isinstance(scene.play, float) else _play(*scene.play)
    return said


def _play(start: Moment, speed: float) -> dict[str, Any]:
    return {"speed": speed, "from": moment_to_json(start)}


def moment_to_json(moment: Moment) -> dict[str, Any]:
    """One moment; its kind always, the rest where it is not the default."""
    said: dict[str, Any] = {"kind": moment.kind}
    said |= {name: found for name in ("name", "who", "share", "waits_for") if (found := getattr(moment, name))}
    if moment.in_trial:
        said["trial"] = moment.in_trial
    if moment.n != 1:
        said["n"] = moment.n
    if moment.where:
        said["where"] = dict(moment.where)
    if moment.offset_ms:
        said["offset_ns"] = floor(moment.offset_ms * MS)
    return said


def resolved_scene_to_json(picture: ResolvedScene | None) -> dict[str, Any] | None:
    """What a scene comes to on one log, for the vectors that both resolvers are tested with."""
    if picture is None:
        return None
    said: dict[str, Any] = {"from_ns": picture.from_ns, "to_ns": picture.to_ns, "at_ns": picture.at_ns}
    said |= {name: found for name in ("task", "trial", "selected") if (found := getattr(picture, name)) is not None}
    said |= {name: list(found) for name in ("trials", "tasks") if (found := getattr(picture, name))}
    if picture.play is not None:
        said["play"] = {"from_ns": picture.play.from_ns, "to_ns": picture.play.to_ns, "speed": picture.play.speed}
    return said

"""What the Python resolver makes of every scene on every shipped recording of its lesson, for the one in JavaScript.

python -m tests.lessons.scene_vectors      writes tests/lessons/<folder>/scenes.vectors.json anew
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from server.lesson import catalog, moments, resolver, scene_json
from server.log import recording

TESTS = Path(__file__).parent
NAME = "scenes.vectors.json"


@lru_cache(maxsize=32)
def log_of(slug: str, preset: str) -> moments.SceneLog:
    """A shipped recording as scenes see it; raises ``FileNotFoundError`` if there is none."""
    path = catalog.recording_path(slug, preset)
    if path is None:
        raise FileNotFoundError(f"{slug} has no recording of {preset}")
    return moments.scene_log(recording.read(path).entries)


def recorded(slug: str) -> list[str]:
    """The presets of a lesson that have a recording."""
    return [each.name for each in catalog.discover()[slug].presets if catalog.recording_path(slug, each.name)]


def vectors(slug: str) -> str:
    """The file of one lesson: its scenes, and what each comes to on each recording (null: its moment is not shown)."""
    lesson = catalog.discover()[slug]
    scenes = [json.dumps(scene_json.scene_to_json(lesson, scene), ensure_ascii=False) for scene in lesson.scenes]
    rows = []
    for preset in recorded(slug):
        found = [
            scene_json.resolved_scene_to_json(resolver.resolve_scene(scene, log_of(slug, preset)))
            for scene in lesson.scenes
        ]
        rows.append(f"  {json.dumps(preset)}: [\n    " + ",\n    ".join(map(json.dumps, found)) + "\n  ]")
    return '{\n"scenes": [\n  ' + ",\n  ".join(scenes) + '\n],\n"pictures": {\n' + ",\n".join(rows) + "\n}\n}\n"


def main() -> None:
    """Write the file of every lesson."""
    for slug in catalog.discover():
        folder = TESTS / catalog.lesson_folder(slug).name
        folder.mkdir(exist_ok=True)
        (folder / NAME).write_text(vectors(slug), "utf-8")


if __name__ == "__main__":
    main()

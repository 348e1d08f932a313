"""Goes through the presets of lessons for the scripts that do something with each; it measures nothing."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from server.lesson import Lesson, Preset, catalog
from server.stage import machine


def main(name: str, doc: str, runs: tuple[int, str], act: Callable[[str, Lesson, Preset, int], bool]) -> int:
    """Call ``act(slug, lesson, preset, runs)`` for every preset that was asked for and that this machine can run.

    ``runs`` is the default of ``--runs`` and its help. Exit status 0 if every call gave True.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description=doc.partition("\n")[0])
    parser.add_argument("slug", nargs="*", help="lessons; default: all")
    parser.add_argument("--preset", help="only this preset")
    parser.add_argument("--runs", type=int, default=runs[0], help=runs[1])
    asked = parser.parse_args()
    lessons, here, fine = catalog.discover(), machine.probe_machine(), True
    for slug in asked.slug or lessons:
        for preset in lessons[slug].presets:
            if asked.preset not in (None, preset.name):
                continue
            if preset.needs and not here.has(preset.needs):
                print(f"\n{slug}, preset {preset.name}: skipped, this machine has no {preset.needs}")
                continue
            fine = act(slug, lessons[slug], preset, asked.runs) and fine
    return 0 if fine else 1

"""Lighthouse of home and every lesson: performance, accessibility, best practices, search engines.

    python -m benchmarks.lighthouse [PATH …] [--times 5] [--folder FOLDER] [--said]

Lighthouse comes from npm into FOLDER (by default one of the user's cache), and is no dependency of the project: where
it cannot be had that is printed. Goals, each the median of five: performance ≥ 90 on its desktop and ≥ 80 on its mobile
profile, where its benchmarkIndex says that the machine is fast and quiet enough (≥ 1,000); accessibility 100, best
practices ≥ 95, on both. ``--said`` prints what it says of every audit that is not passed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import table
from build_frontend import npm
from server.lesson.catalog import discover
from tests.browser.harness import FLAGS, chromium, serving

VERSION = "12.8.2"
PROFILES: Mapping[str, tuple[list[str], float]] = {"desktop": (["--preset=desktop"], 90.0), "mobile": ([], 80.0)}
LEAST = {"accessibility": 100.0, "best-practices": 95.0, "seo": 0.0}
FAST = 1000.0  # of benchmarkIndex


def installed(folder: Path) -> str:
    """Path of Lighthouse's command; ``RuntimeError`` with npm's last words if it cannot be had."""
    command = folder / "node_modules/.bin/lighthouse"
    if not command.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        order = [*npm(), "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run([*order, f"lighthouse@{VERSION}"], capture_output=True, text=True, check=False)
        if done.returncode or not command.is_file():
            raise RuntimeError((done.stderr.strip().splitlines() or ["npm installed nothing"])[-1])
    return str(command)


def report(command: str, address: str, options: list[str]) -> dict[str, Any]:
    """One run of it; raises ``CalledProcessError`` if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.json")
        flags = f"--chrome-flags=--headless=new {' '.join(FLAGS)} --user-data-dir={folder}/profile"
        order = [command, address, "--quiet", "--output=json", f"--output-path={path}", flags, *options]
        browser = chromium()
        env = {**os.environ, **({"CHROME_PATH": browser} if browser else {})}
        subprocess.run([*order, "--skip-audits=full-page-screenshot"], env=env, check=True, timeout=300)
        return dict(json.loads(path.read_text("utf-8")))


def missed(found: dict[str, Any]) -> list[str]:
    """The audits that count and are not passed, with the first places they name."""
    counts = {ref["id"] for each in found["categories"].values() for ref in each["auditRefs"] if ref["weight"]}
    said = []
    for name, audit in found["audits"].items():
        if name in counts and audit["score"] is not None and audit["score"] < 1:
            items = (audit.get("details") or {}).get("items") or []
            where = [(each.get("node") or {}).get("snippet") or each.get("url") or "" for each in items[:3]]
            said.append(f"{name} {audit['score']:.2f} {audit.get('displayValue', '')} {where}")
    return said


def measure(command: str, address: str, path: str, times: int, said: bool) -> tuple[dict[str, float], bool]:
    """The worst medians of both profiles by category; whether performance meets its goal where it counts."""
    worst: dict[str, float] = {}
    met = True
    for profile, (options, least) in PROFILES.items():
        reports = [report(command, address + path, options) for _ in range(times)]
        scores = {
            name: statistics.median(100 * (each["categories"][name]["score"] or 0) for each in reports)
            for name in ("performance", *LEAST)
        }
        index = statistics.median(each["environment"]["benchmarkIndex"] for each in reports)
        met = met and (index < FAST or scores["performance"] >= least)
        told = ", ".join(f"{name} {score:.0f}" for name, score in scores.items())
        print(f"{path:44} {profile:8} {told}; benchmarkIndex {index:.0f}", flush=True)
        if said:
            print("\n".join(f"    {line}" for line in missed(reports[-1])))
        worst |= {name: min(worst.get(name, 100.0), scores[name]) for name in LEAST}
    return worst, met


def main() -> int:
    """Exit status 1 if a goal is missed; 0 with the reason printed where Lighthouse cannot be had."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", default=["/en/", "/zh/", *(f"/en/lessons/{slug}" for slug in discover())])
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path.home() / ".cache/timeslice-lighthouse")
    parser.add_argument("--said", action="store_true")
    given = parser.parse_args()
    try:
        if shutil.which("node") is None:
            raise RuntimeError("Node.js is not on PATH")
        command = installed(given.folder)
    except (RuntimeError, OSError) as error:
        table.skipped("Lighthouse", "–", str(error))
        return 0
    fast, worst = True, dict.fromkeys(LEAST, 100.0)
    with serving() as address:
        for path in given.paths:
            found, met = measure(command, address, path, given.times, given.said)
            fast = fast and met
            worst = {name: min(worst[name], found[name]) for name in LEAST}
    met_all = [
        table.compared(f"Lighthouse, {name}, the worst page", "–", [worst[name]], at_least=least)
        for name, least in LEAST.items()
    ]
    print("performance meets its goals wherever benchmarkIndex ≥ 1,000" if fast else "MISSED: performance")
    return 0 if fast and all(met_all) else 1


if __name__ == "__main__":
    sys.exit(main())

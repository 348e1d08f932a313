"""How fast 100,000 slices are drawn: our lanes with their real modules, vis-timeline and plain SVG in one Chromium.

Every scenario asks for one change a frame, as a reader's hand does, and notes the time between frames at vsync. The
lanes run inside the real screen (player, history, controls), the peers draw only.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.stand import launch, serving

SLICES, GOAL_MS = 100_000, 16.8
LANES = ("pan", "wide pan", "zoom", "append", "step", "play", "end")
PEERS = ("pan", "zoom")
VIS = ("vis-timeline@8.3.1", "node_modules/vis-timeline/standalone/umd/vis-timeline-graph2d.min.js")
SCRIPT = (Path(__file__).parent / "draw.js").read_text()


def opened(browser: Browser, address: str, density: float) -> Page:
    """An empty page of ours, with our style and without its policy: the peers write styles into the document."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, device_scale_factor=density, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{address}/en/about")
    page.evaluate(SCRIPT)
    return page


def measured(page: Page, what: str, names: tuple[str, ...], frames: int) -> dict[str, dict[str, float]]:
    """What each scenario took: first draw, then p50 and p95 between frames, in milliseconds."""
    first: float = page.evaluate("([what, slices]) => draw.begin(what, slices)", [what, SLICES])
    found: dict[str, dict[str, float]] = {"first": {"p50": first, "p95": first, "work": first, "work95": first}}
    for name in names:
        found[name] = page.evaluate("([name, frames]) => draw.measure(name, frames)", [name, frames])
    return found


@contextlib.contextmanager
def vis(wanted: bool) -> Any:
    """Path of vis-timeline's bundle, fetched by npm into a folder that goes away; None with the reason printed."""
    npm = shutil.which("npm")
    with tempfile.TemporaryDirectory() as folder:
        if npm is None or not wanted:
            print("vis-timeline skipped: " + ("there is no npm" if wanted else "only the lanes were asked for"))
            yield None
            return
        command = [
            npm,
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefix",
            folder,
            VIS[0],
        ]
        made = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        path = Path(folder, VIS[1])
        if not path.is_file():
            print(f"vis-timeline skipped: {made.stderr.strip()[-200:] or 'the package has no such bundle'}")
        yield path if path.is_file() else None


def show(title: str, found: dict[str, dict[str, float]]) -> None:
    """One line a scenario."""
    for name, times in found.items():
        frames = f"frames p50 {times['p50']:8.2f}  p95 {times['p95']:8.2f} ms"
        print(
            f"{title:22} {name:9} {frames}   code p50 {times['work']:7.2f}  p95 {times['work95']:7.2f} ms", flush=True
        )


def main() -> int:
    """Prints all; exit status 1 if our lanes miss a frame in 20 at device scale factor 1."""
    late: list[str] = []
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs; frames are late where others run")
    peers = "--lanes" not in sys.argv
    with serving() as address, sync_playwright() as playwright, vis(peers) as bundle:
        browser = launch(playwright)
        for density in (1.0, 2.0):
            page = opened(browser, address, density)
            found = measured(page, "lanes", LANES, 240)
            show(f"our lanes, density {density:.0f}", found)
            late += [f"{name} at {density:.0f}" for name in LANES if round(found[name]["p95"], 1) > GOAL_MS]
            page.context.close()
        page = opened(browser, address, 1.0)
        idle = page.evaluate("frames => draw.measure('nothing', frames)", 240)
        show("an empty page", {"nothing": idle})
        if peers:
            show("SVG, one rect a slice", measured(page, "svg", PEERS, 40))
        page.context.close()
        if bundle:
            page = opened(browser, address, 1.0)
            page.add_script_tag(path=bundle)
            show("vis-timeline", measured(page, "vis", PEERS, 12))
        browser.close()
    print(f"goal: p95 <= {GOAL_MS} ms with {SLICES:,} slices; missed: {late or 'none'}")
    return 1 if any(name.endswith(" 1") for name in late) else 0


if __name__ == "__main__":
    sys.exit(main())

"""How fast 100,000 slices are drawn: our lanes with their real modules, vis-timeline and plain SVG in one Chromium.

Every scenario asks for one change a frame, as a reader's hand does; noted are the time between frames at vsync, and
the processor time that the page's main thread took for each (CDP, Performance.getMetrics in thread time: script, style,
layout, paint; not what the raster threads do), which other programs do not lengthen. The lanes run inside the real
screen (player, history, controls) and append with the whole run in view; the peers draw only. Goals: zoom and append
≥ 50 times cheaper than vis-timeline's and ≥ 20 times than SVG's, p95 of all frames ≤ 16.8 ms at density 1, and no frame
above one period (16.8 ms) at density 2: those that are late anyhow in an empty page are told beside.
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

from benchmarks import table
from tests.browser.harness import launch, serving

SLICES, GOAL_MS = 100_000, 16.8
LANES = ("pan", "wide pan", "zoom", "append", "step", "play", "end")
PEERS = ("pan", "zoom", "append")
COMPARED = {"SVG": 20.0, "vis-timeline": 50.0}
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
    """What each scenario took: time between frames (p50, p95, max) and processor time a change, in milliseconds."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent_ms() -> float:
        told = {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}
        return float(told["TaskDuration"]) * 1e3

    found: dict[str, dict[str, float]] = {}
    if what:
        first: float = page.evaluate("([what, slices]) => draw.begin(what, slices)", [what, SLICES])
        found["first"] = {"p50": first, "p95": first, "max": first, "cpu": spent_ms()}
    for name in names:
        page.evaluate("name => draw.prepare(name)", name)
        before = spent_ms()
        found[name] = page.evaluate("([name, frames]) => draw.measure(name, frames)", [name, frames])
        found[name]["cpu"] = (spent_ms() - before) / frames
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
        frames = "  ".join(f"{which} {times[which]:8.2f}" for which in ("p50", "p95", "max"))
        print(f"{title:22} {name:9} frames {frames} ms   processor {times['cpu']:8.2f} ms a change", flush=True)


def beside(browser: Browser, address: str, name: str, what: str, bundle: Path | None) -> dict[str, list[float]]:
    """One peer and the lanes in turn, three times: the ratios of processor time, by scenario."""
    ratios: dict[str, list[float]] = {"zoom": [], "append": []}
    for _ in range(3):
        pair = []
        for each, names, frames in (("lanes", tuple(ratios), 120), (what, PEERS, 12)):
            page = opened(browser, address, 1.0)
            if bundle and each != "lanes":
                page.add_script_tag(path=bundle)
            pair.append(measured(page, each, names, frames))
            page.context.close()
        show(name, pair[1])
        for scenario, found in ratios.items():
            found.append(pair[1][scenario]["cpu"] / pair[0][scenario]["cpu"])
    return ratios


def main() -> int:
    """Prints all; exit status 1 if a goal is missed."""
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs; frames are late where others run")
    peers, met = "--lanes" not in sys.argv, []
    with serving() as address, sync_playwright() as playwright, vis(peers) as bundle:
        browser = launch(playwright)
        for density in (1.0, 2.0):
            page = opened(browser, address, density)
            idle = measured(page, "", ("nothing",), 240)
            found = measured(page, "lanes", LANES, 240)
            show("an empty page", idle)
            show(f"our lanes, density {density:.0f}", found)
            page.context.close()
            which, text = ("p95", "p95 of frames") if density == 1 else ("max", "longest frame")
            text = f"{text}, {SLICES:,} slices, density {density:.0f} (empty page: {idle['nothing'][which]:.1f} ms)"
            worst = max(round(found[name][which], 1) for name in LANES)
            met.append(table.compared(text, "–", [worst], at_most=GOAL_MS, unit="ms"))
        for name, what in (("SVG", "svg"), ("vis-timeline", "vis")):
            if not peers or (what == "vis" and not bundle):
                continue
            for scenario, ratios in beside(browser, address, name, what, bundle if what == "vis" else None).items():
                met.append(table.compared(f"{scenario} of {SLICES:,} slices", name, ratios, at_least=COMPARED[name]))
        browser.close()
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())

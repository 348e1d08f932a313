"""What every lesson's page weighs: a real Chromium loads it, and every request and every body is counted."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from urllib.parse import urlsplit

import brotli  # type: ignore[import-untyped]
from playwright.sync_api import Page, Response, sync_playwright

from server.lesson.catalog import discover
from tests.browser.harness import launch, serving

GOAL_BYTES, RECORDING_BYTES, GOAL_REQUESTS = 60 * 1024, 40 * 1024, 12


@dataclass(frozen=True, slots=True)
class Body:
    """One answer: what it is, its length as text, packed as small as brotli can, and as it came over the wire."""

    path: str
    kind: str
    plain: int
    packed: int
    sent: int


def weigh(page: Page, address: str) -> list[Body]:
    """Loads the page until its first picture stands and nothing more is fetched."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    page.wait_for_load_state("networkidle")
    return [body_of(answer) for answer in answers]


def body_of(answer: Response) -> Body:
    """Weighs one answer; a recording is packed already."""
    data = answer.body()
    path = urlsplit(answer.url).path
    kind = "recording" if "/recordings/" in path else answer.request.resource_type
    return Body(
        path, kind, len(data), len(brotli.compress(data, quality=11)), answer.request.sizes()["responseBodySize"]
    )


def report(bodies: list[Body]) -> bool:
    """Prints the table; whether the goals are met."""
    print(f"{'':44} {'plain':>8} {'brotli':>8} {'sent':>8}")
    for body in sorted(bodies, key=lambda each: -each.packed):
        print(f"{body.kind:10} {body.path[-33:]:33} {body.plain:8} {body.packed:8} {body.sent:8}")
    page = [body for body in bodies if body.kind != "recording"]
    recording = sum(body.sent for body in bodies if body.kind == "recording")
    packed, sent = sum(body.packed for body in page), sum(body.sent for body in page)
    print(f"the page: {packed / 1024:.1f} KiB as brotli, {sent / 1024:.1f} KiB as sent, in {len(page)} requests")
    print(f"goal: {GOAL_BYTES // 1024} KiB, {GOAL_REQUESTS} requests; its recording {recording / 1024:.1f} of 40 KiB")
    return packed <= GOAL_BYTES and sent <= GOAL_BYTES and len(page) <= GOAL_REQUESTS and recording <= RECORDING_BYTES


def main() -> int:
    """Every lesson, or those that are named, in both languages; exit status 1 if a goal is missed."""
    slugs: Mapping[str, object] = discover()
    wanted = sys.argv[1:] or list(slugs)
    met = []
    with serving() as address, sync_playwright() as playwright:
        browser = launch(playwright)
        for slug, lang in product(wanted, ("en", "zh")):
            print(f"\n/{lang}/lessons/{slug}")
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            met.append(report(weigh(page, f"{address}/{lang}/lessons/{slug}")))
            page.close()
        browser.close()
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())

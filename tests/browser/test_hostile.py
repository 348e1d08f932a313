"""Every hostile line through every view in Chromium, no request checked: whatever a log holds is shown as text."""

from __future__ import annotations

import gzip
import json
from typing import Any

from playwright.sync_api import Route

from server.lesson import catalog
from tests.browser.conftest import PageOpener
from tests.malformed_inputs import LINES

#: What no line may bring into the page, wherever it stands.
FOREIGN = "iframe, object, embed, base, meta[http-equiv], math, [onerror], [onload], [hx-get], a[href^=javascript]"
WHERE = {"terminal": ".terminal-lines", "pipe": ".pipe-line", "transcript": "[data-view=transcript]"}


def told(t_ns: int, **fact: Any) -> dict[str, Any]:
    return {"t_ns": t_ns, "source": "told", "fact": fact}


def hostile_log() -> tuple[str, dict[str, int]]:
    """The shipped recording with every line written to the log, printed by grep, sent by a reader and made a name.

    Beside it: when each line has come everywhere, in ns of the run.
    """
    path = catalog.recording_path("states", "plain")
    assert path is not None
    real = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    facts = [each for each in real if "fact" in each]
    born = {each["fact"]["role"]: each["fact"]["task"] for each in facts if each["fact"]["kind"] == "task.born"}
    *facts, end = facts
    at_ns, instants = end["t_ns"], {}
    for line in LINES:
        at_ns += 3_000_000
        instants[line] = at_ns + 1_000_000
        facts += [
            told(at_ns, kind="action.taken", action="text", text=line),
            told(at_ns + 1, kind="output", task=born["writer"], stream="log", text=line + "\n"),
            told(at_ns + 2, kind="output", task=born["grep"], stream="terminal", text=line + "\n"),
            told(at_ns + 3, kind="output", task=born["grep"], stream="stderr", text=line + "\n"),
            told(at_ns + 4, kind="step", task=born["writer"], label=line, line=1, code=line),
            told(at_ns + 5, kind="task.renamed", task=born["writer"], name=line),
        ]
    facts.append({**end, "t_ns": at_ns + 2_000_000})
    return "".join(json.dumps(each) + "\n" for each in facts), instants  # lone surrogates travel as escapes


#: Goes to an instant; what stands there in each view, and how many elements are there that no view makes.
SEEK = """async ([t_us, where, foreign]) => {
    const scrub = document.getElementById("scrub");
    scrub.value = t_us;
    scrub.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const text = selector => [...document.querySelectorAll(selector)].map(each => each.textContent).join("");
    return { texts: Object.fromEntries(Object.entries(where).map(([name, selector]) => [name, text(selector)])),
        foreign: document.querySelectorAll(foreign).length };
}"""


def test_a_log_full_of_hostile_lines_plays_as_text_in_every_view(fresh_page: PageOpener) -> None:
    log, instants = hostile_log()

    def answer(route: Route) -> None:
        route.fulfill(body=log, content_type="application/x-ndjson")

    this = fresh_page("/zh/about")
    page = this.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: this.trouble.append(dialog.message))
    page.route("**/api/lessons/states/recordings/plain", answer)
    page.goto(page.url.replace("/about", "/lessons/states?step=wake"))
    page.wait_for_selector("html[data-ready]")
    this.open_transcript()
    page.wait_for_selector(".terminal-lines", state="attached")
    counted = "document.querySelectorAll('script, style, link, head > *').length"
    before = page.evaluate(counted)
    page.keyboard.press("End")
    for line, t_ns in instants.items():
        seen = page.evaluate(SEEK, [t_ns // 1000, WHERE, f"[data-view] :is({FOREIGN}, img, script, style)"])
        assert seen["foreign"] == 0, line
        if line.startswith("<") and len(line) <= 60:
            assert [name for name, text in seen["texts"].items() if line not in text] == [], line
    assert page.evaluate("typeof window.harm") == "undefined"
    assert page.evaluate(counted) == before
    assert {url.split("/")[2] for url in asked if url.startswith("http")} == {page.url.split("/")[2]}
    assert page.evaluate("document.querySelector('#proof').dataset.verdict") == "proved", "no line forged another end"

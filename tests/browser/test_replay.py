"""The file that plays a run without a server, opened from disk in real Chromium."""

from pathlib import Path

from playwright.sync_api import Browser

from server.settings import Settings
from server.web import replay
from tests.web.test_replay import shipped


def test_chromium_plays_the_file_from_disk_and_asks_the_network_for_nothing(tmp_path: Path, chromium: Browser) -> None:
    path = tmp_path / "run.html"
    path.write_bytes(replay.html(Settings(), "x", shipped()))
    asked: list[str] = []
    wrong: list[str] = []
    context = chromium.new_context(offline=True)
    try:
        sheet = context.new_page()
        sheet.on("request", lambda request: asked.append(request.url))
        sheet.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        sheet.on("pageerror", lambda error: wrong.append(str(error)))
        sheet.goto(path.as_uri())
        sheet.wait_for_selector("[data-view=lanes] canvas")
        before = sheet.inner_text("#clock")
        sheet.click("#player [data-do=next]")
        sheet.wait_for_function("before => document.getElementById('clock').innerText !== before", arg=before)
    finally:
        context.close()
    assert wrong == []
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]

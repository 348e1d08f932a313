"""Lessons in somebody else's page: the custom element, and the messages between an embed and its host."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenedPage, PageOpener
from tests.browser.firefox import needs_firefox, session

SLUG = "concurrency-parallelism"
#: A host page that writes down what it hears, with a strict policy and no style of its own.
HOST = """<!doctype html><html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src {site} 'nonce-host';
 frame-src {site}; connect-src 'none'; style-src 'none'"></head><body>
<script type="module" src="{site}/embed.js"></script>
<script nonce="host">
window.heard = [];
for (const name of ["ready", "step", "end", "key"])
  document.addEventListener(name, e => heard.push([name, e.target.id, e.detail]), true);
addEventListener("message", e => heard.push(["message", e.data.type ?? e.data.subject, e.data]));
</script>
{body}</body></html>"""


def host(tmp_path: Path, site: str, body: str) -> str:
    page = tmp_path / "host.html"
    page.write_text(HOST.format(site=site, body=body))
    return page.as_uri()


def heard(page: Page, name: str) -> list[object]:
    """What the first event of a name came with, once there is one."""
    return list(page.wait_for_function("name => window.heard.find(each => each[0] === name)", arg=name).json_value())


def opened(fresh_page: PageOpener, tmp_path: Path, site: str) -> OpenedPage:
    this = fresh_page(
        host(tmp_path, site, f'<time-slice id="one" lesson="{SLUG}" lang="en" guess="skip"></time-slice>')
    )
    heard(this.page, "ready")
    return this


def test_the_element_is_as_high_as_its_lesson_in_a_page_with_a_strict_policy(
    fresh_page: PageOpener, tmp_path: Path, site: str
) -> None:
    this = opened(fresh_page, tmp_path, site)
    height = this.page.wait_for_function(
        "() => window.heard.filter(each => each[1] === 'timeslice:height').at(-1)?.[2].height"
    ).json_value()
    assert height > 200
    frame = this.page.locator("iframe")
    this.page.wait_for_function(
        "() => document.querySelector('iframe').clientHeight === "
        "window.heard.filter(each => each[1] === 'timeslice:height').at(-1)[2].height"
    )
    inner = frame.content_frame.locator("html").evaluate("html => [html.scrollHeight, html.clientHeight]")
    assert inner[0] <= inner[1]
    assert this.page.evaluate("window.heard.some(each => each[1] === 'lti.frameResize')")


def test_an_element_is_no_higher_than_its_host_says(fresh_page: PageOpener, tmp_path: Path, site: str) -> None:
    this = opened(fresh_page, tmp_path, site)
    this.page.wait_for_function("() => document.querySelector('iframe').clientHeight > 480")
    this.page.evaluate("document.getElementById('one').style.height = '420px'")  # as a slide has room
    this.page.wait_for_function("() => document.querySelector('iframe').clientHeight === 420")


def test_in_a_low_frame_too_a_reader_acts_on_their_run(fresh_page: PageOpener) -> None:
    this = fresh_page("/embed/en/states?guess=skip", size=(320, 360))
    this.page.wait_for_selector("html[data-ready]")
    this.page.click("#run-form .go")
    this.page.wait_for_selector("#run[data-status=running]")
    this.page.click("#run [data-action=end]")
    this.page.wait_for_selector("#run[data-status=finished]", state="attached")


def test_a_host_plays_pauses_seeks_and_steps_and_hears_of_it(fresh_page: PageOpener, tmp_path: Path, site: str) -> None:
    this = opened(fresh_page, tmp_path, site)
    frame = this.page.frames[1]
    frame.wait_for_selector("html[data-ready]")
    this.page.evaluate("document.getElementById('one').play()")
    frame.wait_for_selector("[data-do=play][aria-pressed=true]")
    this.page.evaluate("document.getElementById('one').play()")  # a second time changes nothing
    this.page.evaluate("document.getElementById('one').pause()")
    frame.wait_for_selector("[data-do=play][aria-pressed=false]")
    this.page.evaluate("document.getElementById('one').seek(0)")
    frame.wait_for_function("() => document.getElementById('scrub').value === '0'")
    steps = heard(this.page, "ready")[2]["steps"]  # type: ignore[index]
    this.page.evaluate("step => document.getElementById('one').step(step)", steps[1])
    assert heard(this.page, "step") == ["step", "one", {"step": steps[1]}]
    frame.wait_for_function("() => document.getElementById('scrub').value !== '0'")


def test_keys_that_the_embed_does_not_use_reach_the_host_and_those_it_uses_do_not(
    fresh_page: PageOpener, tmp_path: Path, site: str
) -> None:
    this = opened(fresh_page, tmp_path, site)
    frame = this.page.frames[1]
    frame.wait_for_selector("html[data-ready]")
    frame.locator("body").click(position={"x": 2, "y": 2})
    for key in ("]", "Escape", "q"):
        this.page.keyboard.press(key)
    this.page.wait_for_function("() => window.heard.some(each => each[0] === 'key' && each[2].key === 'q')")
    assert this.page.evaluate("window.heard.filter(each => each[0] === 'key').map(each => each[2].key)") == [
        "Escape",
        "q",
    ]


def test_of_eight_embeds_only_those_near_the_screen_load(fresh_page: PageOpener, tmp_path: Path, site: str) -> None:
    one = f'<p>text</p><time-slice lesson="{SLUG}"></time-slice>'
    this = fresh_page(host(tmp_path, site, one * 8))
    heard(this.page, "ready")
    assert this.page.locator("iframe").count() <= 4
    this.page.locator("time-slice").last.scroll_into_view_if_needed()
    this.page.wait_for_selector("time-slice:last-of-type iframe")
    for frame in this.page.locator("iframe").all():  # whatever has begun to load ends before the page is closed
        frame.scroll_into_view_if_needed()  # one that is not on screen draws nothing, and so is not ready
        frame.content_frame.locator("html[data-ready]").wait_for(state="attached")


#: Holds both streams that the embeds of a page may hold together, as two other embeds would, until free() is called.
TAKEN = """async () => {
  const held = await Promise.all([0, 1].map(at => new Promise(done =>
    navigator.locks.request(`timeslice-stream-${at}`, () => new Promise(free => done(free))))));
  globalThis.free = () => held.forEach(each => each());
}"""


def test_an_embed_that_finds_both_streams_taken_follows_its_run_by_asking(
    fresh_page: PageOpener, tmp_path: Path, site: str
) -> None:
    this = opened(fresh_page, tmp_path, site)
    frame, streams = this.page.frames[1], list[str]()
    this.page.on("request", lambda request: streams.append(request.url) if "/events" in request.url else None)
    frame.wait_for_selector("html[data-ready]")
    frame.evaluate(TAKEN)
    frame.eval_on_selector_all("#run-form [name=millions]", "all => all.forEach(each => { each.value = each.min })")
    frame.locator("#run-form .go").click()
    frame.wait_for_selector("#run[data-status=finished]")
    assert streams == []
    frame.evaluate("free()")
    with this.page.expect_request("**/events?**"):
        frame.locator("#run-form .go").click()
    frame.wait_for_selector("#run[data-status=finished]")


def test_the_dialog_puts_what_is_chosen_into_the_snippet_and_previews_it(fresh_page: PageOpener, site: str) -> None:
    this = fresh_page(f"/en/lessons/{SLUG}?step=two-cores")
    page = this.page
    page.wait_for_selector("html[data-ready]")
    published = page.input_value("#embed textarea")
    page.click("[data-open=embed]")
    frame = page.frame_locator("#embed iframe")
    frame.locator("html[data-ready]").wait_for()
    assert page.input_value("#embed textarea") == published
    page.check("#embed [name=instant]")
    frame.locator("html[data-ready]").wait_for()  # each choice is another frame
    page.select_option("#embed [name=theme]", "dark")
    frame.locator("html[data-ready][data-theme=dark]").wait_for()
    page.select_option("#embed [name=lang]", "zh")
    frame.locator("html[data-ready]:lang(zh)").wait_for()
    page.select_option("#embed [name=as]", "element")
    frame.locator("html[data-ready]").wait_for()
    element = page.input_value("#embed textarea").split("\n")[1]
    given = rf'lesson="{SLUG}" lang="zh" preset="\w+" step="two-cores" t="\d+" theme="dark"'
    assert re.fullmatch(f"<time-slice {given}></time-slice>", element)
    instants = [str(each.locator("#clock").text_content()).split()[-2:] for each in (frame, page)]
    assert instants[0] == instants[1]
    page.click("#embed [data-close]")
    expect(page.locator("#embed iframe")).to_have_count(0)  # it may be playing; "close" comes in a later task


@needs_firefox
def test_the_element_is_ready_and_plays_in_firefox(site: str, tmp_path: Path) -> None:
    page = host(tmp_path, site, f'<time-slice id="one" lesson="{SLUG}" lang="zh" guess="skip"></time-slice>')
    with session() as tab:
        frame = tab.open(page, f"{site}/embed/zh/{SLUG}?guess=skip")
        tab.wait(frame, "document.documentElement.dataset.ready !== undefined")
        tab.ask("script.evaluate", expression="document.getElementById('one').play()", target={"context": tab.tab},
                awaitPromise=False)  # fmt: skip
        assert tab.wait(frame, "document.querySelector('[data-do=play]').getAttribute('aria-pressed') === 'true'")

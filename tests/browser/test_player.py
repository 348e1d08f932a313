"""The player by hand: zoom by wheel, fingers and buttons, a loop over a selection, and the way back to what is live."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect

from server.text import lesson_text
from tests.browser.conftest import OpenedPage, PageOpener
from tests.browser.test_lesson import drawn, press, tab_to

PATH = "/en/lessons/multiprogramming?t=0"  # an instant: the question is over
PLOT = "[data-view=lanes] .lanes-plot"


def opened(fresh_page: PageOpener, **more: object) -> OpenedPage:
    this = fresh_page(PATH, **more)
    this.page.wait_for_selector("html[data-ready]")
    return this


def window(url: str) -> tuple[int, int] | None:
    """The visible window that an address names, in ns of the run."""
    found = parse_qs(urlsplit(url).query).get("view")
    if not found or found == ["all"]:
        return None
    low, _, high = found[0].partition("-")
    return int(low), int(high)


def seen(this: OpenedPage, but: tuple[int, int] | None = None) -> tuple[int, int]:
    """The window on screen, once it is another than ``but`` and the address names it."""
    this.page.wait_for_url(lambda url: window(url) not in (None, but))
    found = window(this.page.url)
    assert found is not None
    return found


def wide(one: tuple[int, int]) -> int:
    return one[1] - one[0]


def middle(this: OpenedPage) -> tuple[float, float]:
    box = this.page.locator(PLOT).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_wheel_and_buttons_zoom_around_the_pointer_and_fit_shows_all(fresh_page: PageOpener) -> None:
    this = opened(fresh_page)
    page = this.page
    page.mouse.move(*middle(this))
    page.mouse.wheel(0, -120)
    first = seen(this)
    page.mouse.wheel(0, -120)
    closer = seen(this, first)
    assert wide(closer) < wide(first)
    assert first[0] < closer[0] < closer[1] < first[1], "both ends come nearer to a pointer in the middle"
    page.mouse.wheel(0, 120)
    assert wide(seen(this, closer)) > wide(closer)
    now = seen(this)
    page.click("[data-do=zoom-in]")
    assert wide(seen(this, now)) < wide(now)
    page.click("[data-do=fit]")
    page.wait_for_url(lambda url: window(url) is None)


def test_two_fingers_apart_zoom_in(fresh_page: PageOpener) -> None:
    this = opened(fresh_page, has_touch=True)
    page = this.page
    x, y = middle(this)
    hand = page.context.new_cdp_session(page)

    def fingers(kind: str, *apart: float) -> None:
        points = [{"x": x + side, "y": y, "id": number} for number, side in enumerate(apart)]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        drawn(this)

    page.mouse.move(x, y)
    page.mouse.wheel(0, -30)
    before = seen(this)
    fingers("touchStart", -40, 40)
    for step in (60, 90, 120):
        fingers("touchMove", -step, step)
    fingers("touchEnd")
    page.wait_for_url(lambda url: wide(window(url) or before) < wide(before) / 2)


def test_a_stretch_that_is_marked_is_played_again_and_again(fresh_page: PageOpener) -> None:
    this = opened(fresh_page)
    page = this.page
    x, y = middle(this)
    page.keyboard.down("Shift")
    page.mouse.move(x - 30, y)
    page.mouse.down()
    page.mouse.move(x + 30, y, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.locator("[data-do=loop]")).to_have_attribute("aria-pressed", "true")
    press(this, "Space")
    # The playhead comes back to where the stretch begins: it is seen to move backwards while it plays.
    page.wait_for_function(
        """() => {
            const now = Number(document.getElementById("scrub").value);
            const [least, most] = window.span ?? [now, now];
            window.span = [Math.min(least, now), Math.max(most, now)];
            const back = window.last !== undefined && now < window.last;
            window.last = now;
            return back;
        }"""
    )
    low, high = page.evaluate("window.span")
    from_ns, to_ns = seen(this) if window(page.url) else (0, 10**12)
    assert 0 < high - low < (to_ns - from_ns) / 1000, "less than what is on screen"
    press(this, "Space")
    press(this, "o")
    expect(page.locator("[data-do=loop]")).to_have_attribute("aria-pressed", "false")


def test_whoever_looked_back_jumps_to_what_is_live(fresh_page: PageOpener) -> None:
    this = fresh_page("/en/lessons/states?t=0")
    page = this.page
    page.wait_for_selector("html[data-ready]")
    live = page.locator("[data-do=live]")
    expect(live).to_be_hidden()
    tab_to(this, ".go")
    page.keyboard.press("Enter")
    page.wait_for_selector("#run[data-run][data-status=running]")
    expect(live).to_have_attribute("aria-pressed", "true")
    page.evaluate("document.activeElement.blur()")
    press(this, "Home")
    expect(live).to_have_attribute("aria-pressed", "false")
    assert page.input_value("#scrub") == "0"
    press(this, "l")
    expect(live).to_have_attribute("aria-pressed", "true")
    assert int(page.input_value("#scrub")) > 0
    this.open_transcript()
    # Who follows reads the last words, too: nothing more comes after them that would have them drawn.
    tab_to(this, "[data-action=append]", most=400)
    page.keyboard.press("Enter")
    said = lesson_text.text("states", "en").front.claims["per_line"].say
    expect(page.locator("[data-view=transcript]")).to_contain_text(said)
    tab_to(this, "[data-action=end]", most=400)
    page.keyboard.press("Enter")
    expect(page.locator("#proof")).to_have_attribute("data-verdict", "proved")
    expect(live).to_be_hidden()


def test_shortcuts_of_single_keys_can_be_switched_off(fresh_page: PageOpener) -> None:
    this = opened(fresh_page)
    page = this.page
    press(this, "?")
    page.wait_for_selector("#help[open]")
    page.uncheck("#shortcuts")
    page.keyboard.press("Escape")
    before = page.input_value("#scrub")
    press(this, "o")
    press(this, "Space")
    expect(page.locator("[data-do=loop]")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("[data-do=play]")).to_have_attribute("aria-pressed", "false")
    assert page.input_value("#scrub") == before

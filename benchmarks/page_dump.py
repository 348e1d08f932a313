"""What a reader meets on a lesson's page, as files: open text, a picture of each step, and apart its recall questions.

``python -m benchmarks.page_dump DIR [SLUG …]`` writes DIR/<slug>-<lang>/ with page.txt (question, verdict, steps, folds
left shut), a PNG of the screen at each step, questions.txt (to be answered from the page alone, each with the words or
the picture it rests on) and answers.txt (for whoever marks them). Page and pictures first, then the questions.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from server.lesson.catalog import discover
from server.text import labels
from tests.browser.harness import launch, serving

SIZE = {"width": 1440, "height": 900}
PATIENCE_MS = 300_000  # nothing is measured here: a loaded machine may take its time
#: What stands open of an element: a fold contributes its summary only, the closing's questions are asked apart.
OPEN_TEXT = """node => {
  const copy = node.cloneNode(true);
  for (const each of copy.querySelectorAll(".recalls, [hidden], script, .pager")) each.remove();
  for (const each of copy.querySelectorAll("details:not([open]) > :not(summary)")) each.remove();
  const place = document.createElement("div");
  place.style.cssText = "position:absolute;inline-size:600px;inset-inline-start:-9999px";
  place.append(copy);
  document.body.append(place);
  const text = copy.innerText;
  place.remove();
  return text;
}"""

#: The questions with what may be picked, and their answers; figures are in them as the page has them.
RECALL = """() => {
  const text = node => node.textContent.replace(/\\s+/g, " ").trim();
  const all = [...document.querySelectorAll(".recall")];
  const asks = all.map((each, n) => {
    const picks = [...each.querySelectorAll("[data-predict]")].map(text);
    return `${n + 1}. ${text(each.querySelector(".ask-again"))}${picks.length ? ` [${picks.join(" / ")}]` : ""}`;
  });
  const told = all.map((each, n) =>
    `${n + 1}. ${[...each.querySelectorAll("details > div > p:not(.knew)")].map(text).join(" ")}`);
  return [asks, told];
}"""

#: The preset that a step shows once the question is answered; null where the screen stays as it is.
PRESET = """step => {
  const { scenes, see } = JSON.parse(document.getElementById("page").textContent);
  const wanted = see !== null && scenes[0].step === step ? see : step;
  return scenes.find(each => each.step === wanted)?.preset ?? null;
}"""


def main() -> int:
    """Writes the folders; the exit status is 0 unless a page does not come up."""
    target, only = Path(sys.argv[1]), sys.argv[2:]
    with serving() as address, sync_playwright() as playwright:
        browser = launch(playwright)
        for slug in discover():
            for lang in labels.LANGS:
                if not only or slug in only:
                    write(browser, f"{address}/{lang}/lessons/{slug}", target / f"{slug}-{lang}", slug, lang)
        browser.close()
    return 0


def write(browser: Browser, address: str, folder: Path, slug: str, lang: labels.Lang) -> None:
    """One lesson in one language, its first answer picked so that the verdict stands there."""
    folder.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport=SIZE, reduced_motion="reduce")  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("html[data-ready]", state="attached")
    page.screenshot(path=folder / "0-question.png")
    texts = [str(page.eval_on_selector(".ask", OPEN_TEXT)), str(page.eval_on_selector(".cast", OPEN_TEXT))]
    page.locator("[data-guess]").first.click()
    page.wait_for_selector("#because:not([hidden])", state="attached")
    texts.append(str(page.eval_on_selector("#because", OPEN_TEXT)))
    steps = page.eval_on_selector_all(".step", "all => all.map(each => each.id)")
    for number, step in enumerate(steps, start=1):
        texts.append(_step(page, str(step), folder / f"{number}-{step}.png"))
    asks, told = page.evaluate(RECALL)
    context.close()
    (folder / "page.txt").write_text("\n\n".join(texts), "utf-8")
    (folder / "questions.txt").write_text("\n".join(asks) + "\n", "utf-8")
    (folder / "answers.txt").write_text("\n".join(told) + "\n", "utf-8")


def _step(page: Page, step: str, picture: Path) -> str:
    page.evaluate("id => document.dispatchEvent(new CustomEvent('timeslice:turn', { detail: { id } }))", step)
    page.wait_for_selector(f"html[data-step='{step}']", state="attached")
    preset = page.evaluate(PRESET, step)
    if preset is not None:  # its recording may have to be fetched first
        page.wait_for_selector(f'.presets [data-preset="{preset}"][aria-current]', state="attached")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.screenshot(path=picture)
    return f"== {step} ==\n" + str(page.eval_on_selector(f".step[id='{step}']", OPEN_TEXT))


if __name__ == "__main__":
    sys.exit(main())

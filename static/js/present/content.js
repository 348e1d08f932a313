// What stands on a slide beside its picture, taken from the page as the server rendered it; it adds no words of its own.
import { html } from "../plot/svg.js";

/** @typedef {import("./slides.js").Slide} Slide */
/** @typedef {{ title: Node[], body: Node[], say: Node[] }} Content */
/** @typedef {(key: string, slots?: Record<string, string | number>) => string} Words */

/** What is in an element, without its names and without what opens. @param {Element | null} element @returns {Node[]} */
export function copyOf(element) {
  if (!element) return [];
  const copy = /** @type {Element} */ (element.cloneNode(true));
  for (const each of copy.querySelectorAll(".meaning, .claim-mark")) each.remove();
  for (const each of copy.querySelectorAll("button.term")) each.replaceWith(...each.childNodes);
  for (const each of copy.querySelectorAll("[id]")) each.removeAttribute("id");
  return [...copy.childNodes];
}

/** @param {string} selector @param {ParentNode | null} [within] */
const find = (selector, within = document) => within?.querySelector(selector) ?? null;

/** The steps of the page's text, in order. */
export function lessonOnPage() {
  const steps = [...document.querySelectorAll(".text .step")].map((step) => step.id);
  const recalls = [...document.querySelectorAll(".recall [data-see]")].map(
    (link) => link.getAttribute("data-see") ?? "",
  );
  return { steps, recalls, asks: find("#because") !== null };
}

/** What a slide says. @param {Slide} slide @param {Words} words @param {string | null} guess @returns {Content} */
export function contentOf(slide, words, guess) {
  if (slide.kind === "question") return question(guess);
  if (slide.kind === "run") return run(words);
  if (slide.kind === "verdict") return verdict(guess);
  if (slide.kind === "recall") return recall(slide);
  const section = document.getElementById(slide.step);
  const say = slide.kind === "keep" ? ".keep" : ".say";
  return { title: copyOf(find("h2", section)), body: [], say: copyOf(find(say, section)) };
}

/** A numbered answer as a button. @param {number} number @param {Element | null} said @param {import("../plot/svg.js").Attributes} more */
function answer(number, said, more) {
  const disc = html("span", { class: "disc", "aria-hidden": "true" }, number);
  const what = html("span", { class: "what" }, ...copyOf(said));
  return html("li", {}, html("button", { type: "button", class: "slide-answer", ...more }, disc, what));
}

/** @param {string | null} guess @returns {Content} */
function question(guess) {
  const title = copyOf(find(".ask h1"));
  const lanes = find(".ask .empty-lanes")?.cloneNode(true);
  const links = [...document.querySelectorAll(".answer[data-guess]")];
  const answers = links.map((link, i) => {
    const key = link.getAttribute("data-guess");
    return answer(i + 1, find(".what", link), { "data-pick": key, "aria-pressed": String(key === guess) });
  });
  return { title, body: [...(lanes ? [lanes] : []), html("ol", { class: "slide-answers" }, ...answers)], say: [] };
}

/** @param {Words} words @returns {Content} */
function run(words) {
  const preset = find(".presets [aria-current]")?.textContent?.trim() ?? "";
  const icon = find("#run-form .go svg")?.cloneNode(true);
  const go = html("button", { type: "button", class: "go slide-run" }, ...(icon ? [icon] : []), words("run"));
  const line = html("p", { class: "slide-status", role: "status" });
  return {
    title: [new Text(words("run_title"))],
    body: [html("p", { class: "slide-preset" }, preset), go, line],
    say: [new Text(words("run_say"))],
  };
}

/** The answer of the run, its number, and why: of what was picked, else of what is right. @param {string | null} guess
 * @returns {Content} */
function verdict(guess) {
  const place = find("#because");
  const picked = find(`[data-because="${CSS.escape(guess ?? "")}"]`, place);
  const body = [
    html("p", { class: "slide-right" }, ...copyOf(find(".right-answer", place))),
    html("p", { class: "slide-number" }, ...copyOf(find(".number", place))),
  ];
  return { title: copyOf(find(".ask h1")), body, say: copyOf(picked ?? rightOf(place)) };
}

/** @param {Element | null} place */
function rightOf(place) {
  const right = place?.getAttribute("data-answer") ?? "";
  return find(`[data-because="${CSS.escape(right)}"]`, place);
}

/** @param {Slide} slide @returns {Content} */
function recall({ n }) {
  const item = document.getElementById(`recall-${n}`);
  const choices = [...(item?.querySelectorAll("[data-predict]") ?? [])].map((button, i) =>
    answer(i + 1, button, { "data-predicts": button.getAttribute("data-predict"), "aria-pressed": "false" }),
  );
  const [said, because] = item?.querySelectorAll("details > div > p") ?? [];
  const revealed = html(
    "div",
    { class: "slide-reveal", hidden: true },
    html("p", { class: "slide-right" }, ...copyOf(said ?? null)),
    html("p", { class: "slide-because" }, ...copyOf(because ?? null)),
  );
  const list = choices.length ? [html("ol", { class: "slide-answers" }, ...choices)] : [];
  return { title: copyOf(find(".ask-again", item)), body: [...list, revealed], say: [] };
}

/** What the teacher reads: the note of the step, the answers with their reasons, or the answer to come.
 * @param {Slide} slide @param {Words} words @returns {Node[]} */
export function noteOf(slide, words) {
  if (slide.kind === "run") return [html("p", {}, words("run_note"))];
  if (slide.kind === "recall") {
    const paragraphs = [
      ...(document.getElementById(`recall-${slide.n}`)?.querySelectorAll("details > div > p:not(.knew)") ?? []),
    ];
    return paragraphs.map((each) => html("p", {}, ...copyOf(each)));
  }
  const teach = copyOf(find(".teach > div", document.getElementById(slide.step)));
  if (slide.kind === "verdict") {
    const reasons = [...document.querySelectorAll(".answer[data-guess]")].map((link) => {
      const because = find(`[data-because="${CSS.escape(link.getAttribute("data-guess") ?? "")}"]`);
      return html("p", {}, html("b", {}, find(".what b", link)?.textContent ?? ""), " ", ...copyOf(because));
    });
    return reasons;
  }
  return teach.length ? teach : [html("p", { class: "quiet" }, words("no_note"))];
}

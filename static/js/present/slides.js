// The slides of a lesson, in their order, from its steps and scenes: pure, and the same in the deck and in the notes.

/**
 * @typedef {object} Slide
 * @property {"question" | "run" | "verdict" | "step" | "keep" | "recall"} kind
 * @property {string} name its own among the slides of the lesson, and what `?slide=` says
 * @property {string} step whose picture it shows
 * @property {number} n of a recall question, from 1; else 0
 */
/** @typedef {{ step: string, path?: true }} OnPath */
/** @typedef {{ steps: string[], scenes: OnPath[], asks: boolean, recalls: string[] }} Lesson  `recalls`: the step that each
 *   recall question rests on; `asks`: it has a question, a verdict and a sentence to keep */

/** @param {Slide["kind"]} kind @param {string} name @param {string} step @returns {Slide} */
const slide = (kind, name, step, n = 0) => ({ kind, name, step, n });

/** The slides of the ten-minute path, or all of them; a lesson without a marked path has one deck.
 * @param {Lesson} lesson @param {boolean} all @returns {Slide[]} */
export function slidesOf({ steps, scenes, asks, recalls }, all) {
  const marked = scenes.some((each) => each.path);
  const wanted = (/** @type {string} */ id) => all || !marked || scenes.some((each) => each.step === id && each.path);
  const recall = recalls.map((step, i) => slide("recall", `recall.${i + 1}`, step, i + 1));
  const [first, last] = [steps[0] ?? "", steps.at(-1) ?? ""];
  if (!asks) return [...steps.filter(wanted).map((id) => slide("step", id, id)), ...recall];
  const between = steps.slice(1, -1).filter(wanted);
  return [
    slide("question", first, first),
    slide("run", ".run", first),
    slide("verdict", ".verdict", first),
    ...between.map((id) => slide("step", id, id)),
    slide("keep", last, last),
    ...recall,
  ];
}

/** Where a slide of this name is, else the last one before it in the whole lesson; 0 if there is none.
 * @param {Slide[]} slides @param {Slide[]} whole @param {string} name */
export function indexOfSlide(slides, whole, name) {
  const here = slides.findIndex((each) => each.name === name);
  if (here >= 0) return here;
  const before = whole.slice(0, whole.findIndex((each) => each.name === name) + 1).map((each) => each.name);
  return Math.max(
    0,
    slides.findLastIndex((each) => before.includes(each.name)),
  );
}

/** Digits typed after G, and where they lead: a slide from 0 once no further digit could follow or it was confirmed.
 * @param {string} typed @param {string} digit "" confirms @param {number} count of slides
 * @returns {{ typed: string, to: number | null }} */
export function numbered(typed, digit, count) {
  const text = typed + digit;
  const number = Number(text);
  const done = digit === "" || number * 10 > count;
  if (!done) return { typed: text, to: null };
  return { typed: "", to: number >= 1 && number <= count ? number - 1 : null };
}

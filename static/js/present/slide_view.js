// One slide as it is seen: its frame, its words, its pictures, scaled as one to a box; a deck has one, a notes window a small one.
import { html, set, write } from "../plot/svg.js";
import { contentOf } from "./content.js";
import { PictureBox } from "./fit.js";

/** @typedef {import("./slides.js").Slide} Slide */
/** @typedef {import("./content.js").Words} Words */
/** @typedef {{ page: import("../types").Page, director: import("../story/director.js").Director, screen: Awaited<ReturnType<typeof import("../page/screen.js").createScreen>> }} Show */

/** A slide is laid out at this height and scaled: text of 24 px is a twentieth of it, the axes' 12 px a fortieth. */
export const HEIGHT = 480;
const LEAST_WIDTH = 600; // narrower windows (a phone) get a higher slide

export class SlideView {
  root = html("div", { class: "slide" });
  title = html("h2", { class: "slide-title", tabindex: "-1" });
  body = html("div", { class: "slide-body" });
  say = html("p", { class: "slide-say" });
  foot = html("div", { class: "slide-foot" });
  box;
  /** @type {Slide | null} */
  slide = null;
  #words;
  #show;
  #asked = 0;

  /** @param {Words} words @param {Show} show */
  constructor(words, show) {
    this.#words = words;
    this.#show = show;
    this.box = new PictureBox(() => show.screen.redraw());
    this.root.append(this.title, this.body, this.box.root, this.say, this.foot);
  }

  /** Scales the slide to a box of so many pixels. @param {number} width @param {number} height */
  scale(width, height) {
    const zoom = Math.min(height / HEIGHT, width / LEAST_WIDTH) || 1;
    this.root.style.inlineSize = `${width / zoom}px`;
    this.root.style.blockSize = `${height / zoom}px`;
    this.root.style.transform = `scale(${zoom})`;
    this.root.style.setProperty("--zoom", String(zoom));
  }

  /** Fills the slide; resolves once its pictures are there and fit, to false if another slide has come in between.
   * @param {Slide} slide @param {string | null} guess */
  async fill(slide, guess) {
    const asked = ++this.#asked;
    this.slide = slide;
    const { title, body, say } = contentOf(slide, this.#words, guess);
    this.root.dataset.kind = slide.kind;
    this.title.replaceChildren(...title);
    this.body.replaceChildren(...body);
    this.say.replaceChildren(...say);
    set(this.say, { hidden: say.length === 0 });
    set(this.body, { hidden: body.length === 0 });
    const pictured = slide.kind === "step" || slide.kind === "keep" || slide.kind === "verdict";
    this.pictures(pictured);
    await this.#show.screen.views.mountAll(); // room is made for views that no step of the page has shown yet
    if (pictured) await this.#show.director.go(slide.step, { plays: false, glides: false });
    if (asked !== this.#asked) return false;
    this.#excerpt();
    return pictured ? this.fit() : true;
  }

  /** Of the shown sources, the one that the scene is about. */
  #excerpt() {
    const symbol = this.#scene()?.code?.symbol;
    for (const each of this.box.root.querySelectorAll(".code[data-symbol]"))
      each.toggleAttribute("data-excerpt", each.getAttribute("data-symbol") === symbol);
  }

  #scene() {
    return this.#show.page.scenes.find((each) => each.step === this.slide?.step);
  }

  /** Shows the place of the pictures, or takes it away. @param {boolean} shown */
  pictures(shown) {
    set(this.box.root, { hidden: !shown });
  }

  /** Makes room anew: the window or the pictures have changed. */
  async fit() {
    if (this.box.root.hidden) return true;
    const { screen } = this.#show;
    screen.redraw();
    await screen.views.drawn(); // what is drawn for the first time takes a frame a view, and its room is not known before
    const kind = this.slide?.kind;
    return this.box.fit(this.#scene()?.views ?? [], kind === "verdict" || kind === "recall");
  }

  /** Shows the answer to a recall question, with the picture that it rests on. @param {string | null} picked */
  async reveal(picked) {
    const answer = this.body.querySelector(".slide-reveal");
    if (!answer || !this.slide) return;
    answer.removeAttribute("hidden");
    for (const each of this.body.querySelectorAll("[data-predicts]"))
      each.setAttribute("aria-pressed", String(each.getAttribute("data-predicts") === picked));
    const item = document.getElementById(`recall-${this.slide.n}`);
    const right = item?.querySelector("[data-is-right]")?.getAttribute("data-predict");
    for (const each of this.body.querySelectorAll("[data-predicts]"))
      each.toggleAttribute("data-right", each.getAttribute("data-predicts") === right);
    const asked = this.#asked;
    const preset = item?.getAttribute("data-with-preset");
    this.pictures(true);
    const { director } = this.#show; // a recall question asks about the recording, whatever has been run meanwhile
    if (preset && preset !== this.#scene()?.preset) await director.choose(preset, null, true);
    else await director.go(this.slide.step, { plays: false, glides: false, recorded: true });
    if (asked === this.#asked) await this.fit();
  }

  /** @param {number} index @param {number} count */
  number(index, count) {
    const place = this.foot.querySelector(".slide-count");
    if (place) write(place, `${index + 1} / ${count}`);
  }
}

// The deck: which slide is on screen, what Next does there, and where it is kept; keys and buttons are elsewhere.
import { began, Channel, deckName } from "./channel.js";
import { lessonOnPage } from "./content.js";
import { RunSlide } from "./run_slide.js";
import { deckWord, writeSlideAddress } from "./slide_address.js";
import { SlideView } from "./slide_view.js";
import { indexOfSlide, numbered, slidesOf } from "./slides.js";

/** @typedef {import("./slides.js").Slide} Slide */
/** @typedef {import("./present.js").Given} Given */
/** @typedef {import("./content.js").Words} Words */

const root = document.documentElement;

export class Deck {
  slideView;
  /** @type {Slide[]} */
  slides = [];
  index = 0;
  black = false;
  goto = "";
  /** Told when anything but the slide itself has changed. @type {() => void} */
  changed = () => {};
  #given;
  #lesson;
  #all;
  #acted = false; // the slide's own action has been done
  #run;
  #name = deckName();
  #channel;
  #still = matchMedia("(prefers-reduced-motion: reduce)");

  /** @param {Given} given @param {Words} words @param {{ all: boolean, now?: () => number }} how */
  constructor(given, words, { all, now = () => performance.now() }) {
    this.#given = given;
    this.#all = all;
    this.#lesson = { ...lessonOnPage(), scenes: given.page.scenes };
    this.slideView = new SlideView(words, given);
    this.#channel = new Channel((message) => this.#hear(message));
    const go = () => /** @type {HTMLButtonElement | null} */ (document.querySelector("#run-form .go"));
    this.#run = new RunSlide({
      now,
      can: () => go() !== null && !go()?.disabled,
      over: () => given.latest() === "over",
      press: () => go()?.click(),
      abandon: () => void given.take(null),
    });
    began(began());
    this.slides = slidesOf(this.#lesson, all);
  }

  get slide() {
    return this.slides[this.index];
  }

  get all() {
    return this.#all;
  }

  /** The slide that an address names: `slide`, else `step`; one that is not of the path shows all. @param {URLSearchParams} query */
  async open(query) {
    const name = query.get("slide") ?? query.get("step") ?? "";
    const whole = slidesOf(this.#lesson, true);
    if (whole.some((each) => each.name === name) && !this.slides.some((each) => each.name === name)) this.#show(true);
    await this.show(indexOfSlide(this.slides, whole, name));
  }

  /** @param {boolean} all */
  #show(all) {
    const name = this.slide?.name ?? "";
    this.#all = all;
    this.slides = slidesOf(this.#lesson, all);
    this.index = indexOfSlide(this.slides, slidesOf(this.#lesson, true), name);
  }

  /** Brings a slide on screen. @param {number} index */
  async show(index) {
    this.index = Math.max(0, Math.min(index, this.slides.length - 1));
    this.#acted = false;
    const { slide } = this;
    root.removeAttribute("data-fitted");
    if (slide.kind !== "question") root.removeAttribute("data-veil");
    if (slide.kind === "step" || slide.kind === "keep")
      document.dispatchEvent(new CustomEvent("timeslice:turn", { detail: { id: slide.step } }));
    writeSlideAddress(this.#all, slide.name);
    this.tell();
    const shown = await this.slideView.fill(slide, this.guess());
    if (!shown || slide !== this.slide) return;
    this.slideView.title.focus({ preventScroll: true });
    this.fitted();
    this.tell();
  }

  /** Says that the slide stands as it will stand in a window of this size: tests and screenshots wait for it. */
  fitted() {
    root.dataset.fitted = `${this.slide.name} ${innerWidth}x${innerHeight}`;
  }

  guess() {
    return document.querySelector(".answer[data-guess][aria-current]")?.getAttribute("data-guess") ?? null;
  }

  /** What Next does here. */
  does() {
    if (this.slide.kind === "run" && this.#run.does() !== "next") return this.#run.does();
    if (!this.#acted && this.slide.kind === "recall") return "reveal";
    if (!this.#acted && !this.#still.matches && this.slide.kind === "step" && this.#given.director.plays())
      return "play";
    if (this.index + 1 < this.slides.length) return "next";
    return this.#lessonAfter() ? "lesson" : "end";
  }

  async next() {
    const does = this.does();
    if (this.slide.kind === "run" && !this.#run.next()) return this.tell();
    if (does === "reveal") return this.reveal(null);
    if (does === "play") {
      this.#acted = true;
      this.#given.director.play();
      return this.tell();
    }
    if (does === "next") return this.show(this.index + 1);
    const after = this.#lessonAfter();
    if (after) location.assign(`${after.pathname}?present=${deckWord(this.#all)}`);
  }

  #lessonAfter() {
    return /** @type {HTMLAnchorElement | null} */ (document.querySelector(".around a[rel=next]"));
  }

  /** @param {string | null} picked */
  async reveal(picked) {
    const { slide } = this;
    this.#acted = true;
    root.removeAttribute("data-fitted");
    await this.slideView.reveal(picked);
    if (slide === this.slide) this.fitted();
    this.tell();
  }

  /** The run, from whatever slide. */
  async run() {
    const index = this.slides.findIndex((each) => each.kind === "run");
    if (index < 0) return;
    if (this.index !== index) await this.show(index);
    this.#run.start();
    this.tell();
  }

  /** A digit: an answer here, or the number of a slide after G. @param {string} digit "" confirms a number */
  async digit(digit) {
    if (this.goto) {
      const { typed, to } = numbered(this.goto.slice(1), digit, this.slides.length);
      this.goto = to === null && digit ? `#${typed}` : "";
      this.changed();
      if (to !== null) await this.show(to);
      return;
    }
    const choice = this.slideView.body.querySelectorAll(".slide-answer")[Number(digit) - 1];
    if (choice instanceof HTMLElement) choice.click();
  }

  /** Everything, or the ten-minute path again. */
  async toggleAll() {
    this.#show(!this.#all);
    await this.show(this.index);
  }

  /** Tells the notes window, and whoever draws the deck. */
  tell() {
    this.slideView.number(this.index, this.slides.length);
    this.changed();
    const { slug } = this.#given.page;
    const notes = this.notes();
    const shape = innerWidth / innerHeight;
    const state = { slug, notes, name: this.slide.name, all: this.#all, does: this.does(), black: this.black };
    this.#channel.say({ deck: this.#name, state: { ...state, began_ms: began(), shape } });
  }

  /** The address of its notes window. */
  notes() {
    return `${location.pathname}?present=notes&deck=${this.#name}`;
  }

  /** What a key of the notes window does here. @type {(key: string) => void} */
  pressed = () => {};

  /** @param {import("./channel.js").Message} message */
  #hear(message) {
    if (!("key" in message) || (message.deck !== this.#name && message.key !== "hello")) return;
    if (message.key === "begin") began(Date.now());
    if (message.key === "hello" || message.key === "begin") this.tell();
    else this.pressed(message.key);
  }

  close() {
    this.#channel.close();
  }
}

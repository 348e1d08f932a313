// The notes window: what the teacher reads while the deck is on the other screen; it follows the deck and can turn it.
import { html, set, write } from "../plot/svg.js";
import { Channel } from "./channel.js";
import { contentOf, copyOf, lessonOnPage, noteOf } from "./content.js";
import { meaning, taken } from "./keys.js";
import { SlideView } from "./slide_view.js";
import { slidesOf } from "./slides.js";

/** @typedef {import("./present.js").Given} Given */
/** @typedef {import("./content.js").Words} Words */
/** @typedef {import("./channel.js").State} State */

const KEYS = ["back", "black", "run", "all", "first"];
const TOLD = new Set([
  "next",
  "back",
  "first",
  "last",
  "black",
  "run",
  "all",
  "goto",
  "slower",
  "faster",
  "event-on",
  "event-back",
]);
const SIZES = [18, 22, 26, 32, 40];
const PLANNED_MIN = 10;

/** @param {number} ms @returns {string} minutes and seconds */
export function elapsed(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}

/** @param {Given} given @param {Words} words */
export function openNotes(given, words) {
  document.documentElement.classList.add("notes");
  document.documentElement.removeAttribute("data-veil"); // the teacher may look ahead
  new Notes(given, words).begin();
}

class Notes {
  #given;
  #words;
  #deck = new URLSearchParams(location.search).get("deck");
  #channel;
  #slideView;
  /** @type {State | null} */
  #state = null;
  #shown = "";
  #size = 2;
  #where = html("p", { class: "quiet" });
  #timer = html("button", { type: "button", class: "notes-time" });
  #clock = html("output", { class: "notes-time" });
  #title = html("h2", { class: "notes-title" });
  #note = html("div", { class: "notes-text", tabindex: "0" });
  #next = html("div", { class: "notes-next" });
  #goes = html("button", { type: "button", class: "notes-go", "data-key": "next" });
  #keys;

  /** @param {Given} given @param {Words} words */
  constructor(given, words) {
    this.#given = given;
    this.#words = words;
    this.#channel = new Channel((message) => this.#hear(message));
    this.#slideView = new SlideView(words, given);
    this.#keys = KEYS.map((key) =>
      html("button", { type: "button", "data-key": key }, words(`key_${key}`), html("kbd", {}, words(`cap_${key}`))),
    );
  }

  begin() {
    const words = this.#words;
    const lesson = document.querySelector(".where")?.textContent ?? "";
    const time = (/** @type {string} */ said, /** @type {Node[]} */ ...nodes) =>
      html("div", {}, html("p", { class: "quiet" }, words(said)), ...nodes);
    const head = html(
      "header",
      { class: "notes-head" },
      html("div", {}, html("h1", {}, lesson), this.#where),
      time("elapsed", this.#timer, html("span", { class: "quiet" }, ` / ${elapsed(PLANNED_MIN * 60_000)}`)),
      time("now", this.#clock),
    );
    const sizes = [-1, 1].map((by) => {
      const button = html("button", { type: "button", class: "plain" }, words(by < 0 ? "smaller" : "larger"));
      button.addEventListener("click", () => this.#resize(by));
      return button;
    });
    const label = (/** @type {string} */ said) => html("p", { class: "notes-label" }, words(said));
    const left = html(
      "section",
      { class: "notes-here" },
      html("div", { class: "notes-bar" }, label("here"), ...sizes),
      this.#title,
      this.#note,
    );
    this.#next.append(this.#slideView.root);
    set(this.#next, { inert: true });
    const right = html("section", { class: "notes-after" }, label("after"), this.#next);
    this.#goes.append(html("b", {}), html("kbd", {}, words("cap_next")));
    const foot = html("footer", { class: "notes-keys" }, ...this.#keys, this.#goes);
    document.body.append(html("section", { id: "notes", "aria-label": words("notes") }, head, left, right, foot));
    this.#slideView.box.take([...document.querySelectorAll(".stage > .picture, #scene-panels")]);
    this.#listen(foot);
    this.#resize(0);
    setInterval(() => this.#tick(), 500);
    write(this.#where, words("waiting"));
    this.#channel.say({ deck: this.#deck ?? "", key: "hello" });
  }

  /** @param {HTMLElement} foot */
  #listen(foot) {
    foot.addEventListener("click", ({ target }) => {
      const key = target instanceof Element ? target.closest("[data-key]")?.getAttribute("data-key") : null;
      if (key) this.#press(key);
    });
    this.#timer.addEventListener("click", () => this.#press("begin"));
    addEventListener(
      "keydown",
      (event) => {
        event.stopPropagation();
        const name = taken(event.target, event.key) ? null : meaning(event, true);
        if (!name || !(TOLD.has(name) || name.startsWith("digit-"))) return;
        event.preventDefault();
        this.#press(name);
      },
      { capture: true },
    );
    addEventListener("resize", () => void this.#preview());
  }

  /** @param {string} key */
  #press(key) {
    this.#channel.say({ deck: this.#deck ?? "", key });
  }

  /** @param {number} by */
  #resize(by) {
    this.#size = Math.max(0, Math.min(SIZES.length - 1, this.#size + by));
    this.#note.style.fontSize = `${SIZES[this.#size]}px`;
  }

  /** @param {import("./channel.js").Message} message */
  #hear(message) {
    if (!("state" in message)) return;
    this.#deck ??= message.deck;
    if (message.deck !== this.#deck) return;
    const { state } = message;
    if (state.notes.split("?")[0] !== location.pathname) return location.replace(state.notes); // the deck is in another lesson
    this.#state = state;
    this.#update(state);
  }

  /** @param {State} state */
  #update({ name, all, does, black }) {
    const slides = slidesOf({ ...lessonOnPage(), scenes: this.#given.page.scenes }, all);
    const index = Math.max(
      0,
      slides.findIndex((each) => each.name === name),
    );
    const words = this.#words;
    write(this.#where, words(all ? "place_all" : "place", { n: index + 1, total: slides.length }));
    write(/** @type {Node} */ (this.#goes.firstChild), words(`does_${does}`));
    for (const key of this.#keys) if (key.dataset.key === "black") key.setAttribute("aria-pressed", String(black));
    this.#tick();
    const shown = `${name} ${all}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    const { title } = contentOf(slides[index], words, null);
    this.#title.replaceChildren(...title);
    this.#note.replaceChildren(...noteOf(slides[index], words));
    this.#note.scrollTop = 0;
    void this.#preview(slides[index + 1] ?? null);
  }

  /** The next slide, small but drawn from the log like the slide itself. @param {import("./slides.js").Slide | null} [slide] */
  async #preview(slide = this.#slideView.slide) {
    set(this.#slideView.root, { hidden: !slide });
    const width = this.#next.clientWidth;
    const shape = Math.max(1.2, Math.min(2, this.#state?.shape ?? 16 / 9));
    this.#next.style.blockSize = `${width / shape}px`;
    this.#slideView.scale(width, width / shape);
    if (slide && slide !== this.#slideView.slide) await this.#slideView.fill(slide, null);
    else await this.#slideView.fit();
    document.documentElement.dataset.fitted = slide?.name ?? "";
  }

  #tick() {
    const now = new Date();
    write(
      this.#clock,
      now.toLocaleTimeString(this.#given.page.lang, { hour: "2-digit", minute: "2-digit", hour12: false }),
    );
    if (this.#state) write(this.#timer, elapsed(now.getTime() - this.#state.began_ms));
  }
}

export { copyOf };

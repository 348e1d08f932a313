// Presenting on the screen: the deck over the page, its keys and buttons, black screen, full screen, and the way out.
import { html, set, write } from "../plot/svg.js";
import { Deck } from "./deck.js";
import { helpOf } from "./help.js";
import { meaning, taken } from "./keys.js";
import { sayStatus } from "./run_slide.js";
import { clearSlideAddress, toggleFull } from "./slide_address.js";

/** @typedef {import("./present.js").Given} Given */

const root = document.documentElement;

export class PresentationMode {
  #given;
  #words;
  #deck;
  #host;
  #black;
  #goto;
  #help;
  #heard = new AbortController();

  /** @param {Given} given @param {import("./content.js").Words} words @param {[string[], string][]} keys */
  constructor(given, words, keys) {
    this.#given = given;
    this.#words = words;
    this.#deck = new Deck(given, words, { all: given.how === "all" });
    this.#black = html(
      "div",
      { class: "slide-black", role: "status", hidden: true },
      html("span", {}, words("black_on")),
    );
    this.#goto = html("output", { class: "slide-goto", hidden: true });
    this.#help = helpOf(words, keys);
    const { slideView } = this.#deck;
    slideView.foot.append(this.#tool("leave", "×"), this.#tool("help", "?"), html("span", { class: "slide-free" }));
    slideView.foot.append(this.#tool("back", "‹"), html("span", { class: "slide-count" }), this.#tool("next", "›"));
    this.#host = html(
      "section",
      { id: "deck", "aria-label": words("deck") },
      slideView.root,
      this.#goto,
      this.#black,
      this.#help,
    );
    this.#deck.changed = () => this.#update();
    this.#deck.pressed = (key) => this.#act(key);
  }

  /** @param {string} name @param {string} sign */
  #tool(name, sign) {
    const tool = html(
      "button",
      { type: "button", "data-press": name, "aria-label": this.#words(`tool_${name}`) },
      sign,
    );
    return set(tool, { title: this.#words(`tool_${name}`) });
  }

  async begin() {
    const { slideView } = this.#deck;
    const { signal } = this.#heard;
    document.body.append(this.#host);
    this.#given.button.setAttribute("aria-pressed", "true");
    slideView.scale(innerWidth, innerHeight);
    slideView.box.take([...document.querySelectorAll(".stage > .picture, #scene-panels")]);
    addEventListener("keydown", (event) => this.#key(event), { capture: true, signal });
    addEventListener("resize", () => this.#resized(), { signal });
    this.#host.addEventListener("click", (event) => this.#click(event));
    const watched = new MutationObserver(() => this.#status());
    const stage = document.getElementById("stage"); // holds #run and #status
    if (stage) watched.observe(stage, { childList: true, subtree: true, characterData: true });
    signal.addEventListener("abort", () => watched.disconnect());
    this.#given.screen.redraw();
    await this.#deck.open(new URLSearchParams(location.search));
  }

  /** What the run says, on its slide, and its picture as soon as facts come. */
  #status() {
    if (!sayStatus(this.#deck.slideView.body)) return;
    const live = document.getElementById("run")?.dataset.run !== undefined && this.#given.latest() !== "asked";
    if (live && this.#deck.slideView.box.root.hidden) {
      this.#deck.slideView.pictures(true);
      void this.#deck.slideView.fit();
    }
    this.#deck.tell();
  }

  #resized() {
    root.removeAttribute("data-fitted");
    this.#deck.slideView.scale(innerWidth, innerHeight);
    void this.#deck.slideView.fit().then((fits) => {
      if (fits) this.#deck.fitted();
    });
    this.#deck.tell();
  }

  #update() {
    sayStatus(this.#deck.slideView.body);
    set(this.#black, { hidden: !this.#deck.black });
    set(this.#goto, { hidden: !this.#deck.goto });
    write(this.#goto, this.#words("goto", { typed: this.#deck.goto.slice(1) }));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const box = document.getElementById("shortcuts");
    const single = !(box instanceof HTMLInputElement) || box.checked;
    const name = event.isComposing || taken(event.target, event.key) ? null : meaning(event, single);
    const elsewhere = event.target instanceof Element && event.target.closest("dialog[open]:not(.deck-help)");
    event.stopPropagation(); // the page's own keys do not hold now
    if (!name || elsewhere) return;
    event.preventDefault();
    this.#act(name, event.key);
  }

  /** @param {MouseEvent} event */
  #click({ target }) {
    const button = target instanceof Element ? target.closest("button") : null;
    if (!button) return;
    const { press, pick, predicts } = button.dataset;
    if (press) this.#act(press);
    else if (pick) this.#pick(pick);
    else if (predicts) void this.#deck.reveal(predicts);
    else if (button.classList.contains("slide-run")) void this.#deck.run();
  }

  /** @param {string} key of an answer */
  #pick(key) {
    const link = document.querySelector(`.answer[data-guess="${CSS.escape(key)}"]`);
    if (link instanceof HTMLElement) link.click();
    for (const each of this.#deck.slideView.body.querySelectorAll("[data-pick]"))
      each.setAttribute("aria-pressed", String(each.getAttribute("data-pick") === key));
    this.#deck.slideView.title.focus({ preventScroll: true });
  }

  /** @param {string} name of the table of keys @param {string} [key] */
  #act(name, key = "") {
    const deck = this.#deck;
    if (this.#help.open) return this.#help.close();
    if (deck.black) {
      deck.black = false; // whatever is pressed, the slide comes back first
      return deck.tell();
    }
    if (deck.goto && (name.startsWith("digit-") || key === "Enter")) return void deck.digit(name.split("-")[1] ?? "");
    deck.goto = name === "goto" ? "#" : "";
    this.#update();
    this.#do(name);
  }

  /** @param {string} name */
  #do(name) {
    const deck = this.#deck;
    const { screen } = this.#given;
    if (name.startsWith("digit-")) return void deck.digit(name.slice(6));
    /** @type {Record<string, () => unknown>} */
    const does = {
      next: () => deck.next(),
      back: () => deck.show(deck.index - 1),
      first: () => deck.show(0),
      last: () => deck.show(deck.slides.length - 1),
      all: () => deck.toggleAll(),
      run: () => deck.run(),
      black: () => this.#blacken(),
      full: toggleFull,
      notes: () => window.open(deck.notes(), "timeslice-notes", "width=1000,height=700"),
      help: () => this.#help.showModal(),
      leave: () => this.#leave(),
      slower: () => screen.press("slower"),
      faster: () => screen.press("faster"),
      "event-back": () => screen.press("previous"),
      "event-on": () => screen.press("next"),
    };
    void does[name]?.();
  }

  #blacken() {
    this.#deck.black = true;
    this.#deck.tell();
  }

  /** Out of full screen first, out of presenting second. */
  #leave() {
    if (document.fullscreenElement) return toggleFull();
    this.#heard.abort();
    this.#deck.slideView.box.giveBack();
    this.#deck.close();
    this.#host.remove();
    root.classList.remove("projector", "presenting");
    root.removeAttribute("data-fitted");
    this.#given.button.setAttribute("aria-pressed", "false");
    clearSlideAddress();
    this.#given.screen.redraw();
    this.#given.button.focus();
  }
}

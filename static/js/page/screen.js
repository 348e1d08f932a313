// What is on screen now: player, guess and log made one scene, drawn once a frame; wishes become moves.

import { createClock } from "../engine/clock.js";
import { command } from "../engine/commands.js";
import { createPlayer, move } from "../engine/player.js";
import { createScale } from "../engine/scale.js";
import { keepAddress } from "./address.js";
import { Controls } from "./controls.js";
import { createDraw } from "./draw.js";
import { openingMoves } from "./opening.js";
import { updateOthers } from "./others.js";
import { element, toggleProjector } from "./page.js";
import { Pictures } from "./pictures.js";
import { ProofBadge } from "./proof.js";
import { checkAnswer, updateText } from "./values.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("../types").Intent} Intent */
/** @typedef {import("../engine/player.js").Action} Action */
/** @typedef {{ id: string | null, recorded: boolean, live: boolean }} Shown what the log on screen is */

const MOVES_WINDOW = new Set(["zoom-in", "zoom-out", "pan-left", "pan-right"]);
const REDUCED_MS = 334; // with reduced motion, playing shows at most three pictures a second

/** @typedef {import("../types").Page} Page */
/** @typedef {import("../types").Say} Say */
/** @typedef {import("../engine/log.js").Log} Log */
/** @typedef {import("./address.js").Address} Address */

/** Waits for the views, then shows the log. @param {ConstructorParameters<typeof Screen>} given */
export async function createScreen(...given) {
  const screen = new Screen(...given);
  await screen.load();
  return screen;
}

class Screen {
  pictures = new Pictures();
  redraw = createDraw((now_ms) => this.#draw(now_ms));
  #page;
  #say;
  #log;
  #place;
  #take;
  #keep;
  #controls;
  #proof;
  #player;
  /** @type {Shown} */
  #shown = { id: null, recorded: false, live: false };
  #waiting = true; // the place that the address or the lesson names has not been gone to yet
  #drawn_ms = -Infinity;
  #guess;
  /** @type {"task" | "core"} */
  #lanes;
  /** @type {string | undefined} */
  #step; // where the text stands; whoever turns it says so

  /** @param {Page} page @param {Say} say @param {Log} log @param {Address} place
   *  @param {(action: string, text?: string) => void} take */
  constructor(page, say, log, place, take) {
    this.#page = page;
    this.#say = say;
    this.#log = log;
    this.#place = place;
    this.#take = take;
    this.#guess = place.guess;
    this.#lanes = place.lanes ?? "task";
    this.#keep = keepAddress(() => this.#address());
    this.#controls = new Controls(say, this.press, (t_ns) => this.ask({ do: "seek", t_ns }));
    const [badge, dialog] = [document.getElementById("proof"), element("evidence", HTMLDialogElement)];
    this.#proof = badge && dialog ? new ProofBadge(badge, dialog, say) : null;
    const still = matchMedia("(prefers-reduced-motion: reduce)");
    this.#player = createPlayer({ reduced: still.matches });
    still.addEventListener("change", () => this.#apply({ do: "reduced", reduced: still.matches }));
    document.addEventListener("timeslice:step", (event) => {
      this.#step = event instanceof CustomEvent ? event.detail.id : this.#step;
      this.remember();
    });
  }

  /** Loads the views; nothing is drawn before. */
  async load() {
    await this.pictures.load(this.#page, this.#say, this.ask);
    this.pictures.watch(this.redraw);
    if (this.#guess) this.#pick(this.#guess);
  }

  #address() {
    const { selected, speed, follow, t_ns, fit, from_ns, to_ns } = this.#player;
    /** @type {[number, number] | null} */
    const view = fit ? null : [from_ns, to_ns];
    const lanes = this.#lanes === "task" ? null : this.#lanes;
    const words = { run: this.#shown.id, guess: this.#guess, step: this.#step, lanes };
    return { ...words, task: selected, speed, t_ns: follow ? null : t_ns, view };
  }

  /** Keeps the screen in the address; one that has not been gone to yet is not written over. */
  remember() {
    if (!this.#waiting) this.#keep();
  }

  /** @param {Action} action */
  #apply(action) {
    this.#player = move(this.#player, action);
    this.redraw();
  }

  /** A wish of the reader, from a view, the toolbar or a key. @param {Intent | Action} wish */
  ask = (wish) => {
    if (wish.do === "evidence") return this.#proof?.open(wish.position);
    if (wish.do === "action") return this.#take(wish.action, wish.text);
    if (wish.do === "answer") this.#pick(wish.answer);
    else if (wish.do === "fold") {
      this.#lanes = wish.lanes;
      this.redraw();
    } else {
      this.#waiting = false;
      this.#apply(wish);
    }
    if (!this.#player.playing) this.remember();
  };

  /** A button or a key by its name. @param {string} name */
  press = (name) => {
    if (name === "help") return element("help", HTMLDialogElement)?.showModal();
    if (name === "projector") {
      toggleProjector();
      return this.redraw();
    }
    const seen = MOVES_WINDOW.has(name) ? this.pictures.shown() : null;
    if (seen) this.#player = move(this.#player, { do: "show", ...seen }); // what moves is what is seen
    const wish = command(name, this.#player, this.#log.tracks);
    if (wish) this.ask(wish);
  };

  /** @returns {Scene} */
  #compose() {
    const { history, tracks, version, ended } = this.#log;
    const { t_ns, end_ns, playing, follow, speed, selected, loop, reduced, from_ns, to_ns } = this.#player;
    const { labels, views } = this.#page;
    const last = history.last();
    return {
      ...{ world: history.seek(t_ns), last, tracks, version, recorded: this.#shown.recorded },
      ...{ t_ns, end_ns, speed, selected, loop, reduced, playing: playing || follow },
      ...{ guess: this.#guess, lanes: this.#lanes, live: this.#shown.live && !ended },
      scale: createScale(from_ns, to_ns, this.pictures.width()),
      projector: document.documentElement.classList.contains("projector"),
      ...createClock(last, this.#say, labels, views.includes("calls")),
    };
  }

  /** @param {number} now_ms @returns {boolean} whether the next frame is wanted at once */
  #draw(now_ms) {
    const before = this.#player.playing;
    const player = move(this.#player, { do: "tick", now_ms });
    this.#player = player;
    if (player.reduced && (player.playing || player.follow) && now_ms - this.#drawn_ms < REDUCED_MS) return true;
    this.#drawn_ms = now_ms;
    const scene = this.#compose();
    this.pictures.draw(scene);
    this.#controls.update(scene, player, now_ms);
    this.#proof?.draw(scene);
    updateText(scene, this.#page, this.#say);
    updateOthers(scene, this.#page, this.#say);
    if (before && !player.playing) this.remember();
    return this.#player.playing;
  }

  #settle() {
    this.#waiting = false;
    const { recorded } = this.#shown;
    for (const action of openingMoves(this.#place, recorded ? this.#page.opening : null, recorded)) this.#apply(action);
  }

  /** @param {string} answer */
  #pick(answer) {
    this.#guess = answer;
    checkAnswer(answer);
    this.redraw();
  }

  /** Another log begins: the playhead follows its live end. @param {Shown} next @param {boolean} placed whether the
   *  place in the address is meant for it */
  begin(next, placed) {
    this.#shown = next;
    this.#waiting = placed;
    this.#apply({ do: "reset" });
    this.#apply({ do: "grew", end_ns: 0, ended: false });
    this.#apply({ do: "live" });
  }

  /** Entries came, or the last of them did. */
  grown() {
    const { end_ns, ended } = this.#log;
    this.#apply({ do: "grew", end_ns, ended });
    const { t_ns } = this.#place;
    if (this.#waiting && (ended || (t_ns !== null && t_ns <= end_ns))) this.#settle();
  }
}

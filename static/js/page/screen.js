// What is on screen now: player, guess and log made one scene, drawn once a frame; wishes become moves.

import { command } from "../engine/commands.js";
import { glided, glideTo, hasArrived } from "../engine/glide.js";
import { createPlayer, move } from "../engine/player.js";
import { keepAddress } from "./address.js";
import { compose } from "./compose.js";
import { Controls } from "./controls.js";
import { createDraw } from "./draw.js";
import { openingMoves } from "./opening.js";
import { updateOthers } from "./others.js";
import { element, toggleProjector } from "./page.js";
import { Pictures } from "./pictures.js";
import { ProofBadge } from "./proof.js";
import { checkAnswer, updateText } from "./values.js";

/** @typedef {import("../types").Intent} Intent @typedef {import("../engine/player.js").Action} Action */
/** @typedef {{ id: string | null, preset: string, recorded: boolean, live: boolean }} Shown what the log on screen is */

const MOVES_WINDOW = new Set(["zoom-in", "zoom-out", "pan-left", "pan-right"]);
const ALL = { trials: [], tasks: [] };
const REDUCED_MS = 334; // with reduced motion, playing shows at most three pictures a second

/** @typedef {import("../types").Page} Page @typedef {import("../types").Say} Say */
/** @typedef {import("../engine/log.js").Log} Log @typedef {import("./address.js").Address} Address */

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
  #shown = { id: null, preset: "", recorded: false, live: false };
  /** @type {import("./compose.js").Chosen} */
  #chosen = { guess: null, lanes: "task", only: ALL, moment_ns: null };
  /** @type {import("../engine/glide.js").Glide | null} */
  #glide = null;
  /** Told of every frame. @type {(scene: import("../types").Scene, player: import("../engine/player.js").Player) => void} */
  seen = () => {};
  /** What of the place the address need not say, because the step says it. @type {() => object} */
  implied = () => ({});
  #waiting = true; // the place that the address or the lesson names has not been gone to yet
  #drawn_ms = -Infinity;

  /** @param {Page} page @param {Say} say @param {Log} log @param {Address} place
   *  @param {(action: string, text?: string) => void} take */
  constructor(page, say, log, place, take) {
    this.#page = page;
    this.#say = say;
    this.#log = log;
    this.#place = place;
    this.#take = take;
    this.#chosen.lanes = place.lanes ?? "task";
    this.#keep = keepAddress(() => this.#address());
    this.#controls = new Controls(say, this.press, (t_ns) => this.ask({ do: "seek", t_ns }));
    const [badge, dialog] = [document.getElementById("proof"), element("evidence", HTMLDialogElement)];
    this.#proof = badge && dialog ? new ProofBadge(badge, dialog, say) : null;
    const still = matchMedia("(prefers-reduced-motion: reduce)");
    this.#player = createPlayer({ reduced: still.matches });
    still.addEventListener("change", () => this.#apply({ do: "reduced", reduced: still.matches }));
  }

  /** Loads the views; nothing is drawn before. */
  async load() {
    await this.pictures.load(this.#page, this.#say, this.ask);
    this.pictures.watch(this.redraw);
    if (this.#place.guess) this.#pick(this.#place.guess);
  }

  #address() {
    const { selected, speed, follow, t_ns, fit, from_ns, to_ns } = this.#player;
    /** @type {[number, number] | null} */
    const view = fit ? null : [from_ns, to_ns];
    const { guess, lanes } = this.#chosen;
    const words = { run: this.#shown.id, guess, lanes: lanes === "task" ? null : lanes };
    return { ...words, task: selected, speed, t_ns: follow ? null : t_ns, view, ...this.implied() };
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
      this.#chosen.lanes = wish.lanes;
      this.redraw();
    } else {
      this.#waiting = false;
      this.#glide = null;
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

  /** @param {number} now_ms @returns {boolean} whether the next frame is wanted at once */
  #draw(now_ms) {
    const before = this.#player.playing;
    const player = move(this.#player, { do: "tick", now_ms });
    this.#player = player;
    if (player.reduced && (player.playing || player.follow) && now_ms - this.#drawn_ms < REDUCED_MS) return true;
    this.#drawn_ms = now_ms;
    if (this.#glide) {
      this.#player = glided(this.#player, this.#glide, now_ms);
      if (hasArrived(this.#glide)) this.#glide = null;
    }
    const around = { width: this.pictures.width(), say: this.#say, page: this.#page };
    const scene = compose(this.#log, this.#player, this.#shown, this.#chosen, around);
    this.pictures.draw(scene);
    this.#controls.update(scene, this.#player, now_ms);
    this.#proof?.draw(scene);
    updateText(scene, this.#page, this.#say);
    updateOthers(scene, this.#page, this.#say);
    this.seen(scene, this.#player);
    if (before && !player.playing) this.remember();
    return this.#player.playing || this.#glide !== null;
  }

  /** @param {string} answer */
  #pick(answer) {
    this.#chosen.guess = answer;
    checkAnswer(answer);
    this.redraw();
  }

  /** Another log begins: the playhead follows its live end. @param {Log} log @param {Shown} next @param {boolean} placed
   *  whether the place in the address is meant for it */
  begin(log, next, placed) {
    this.#log = log;
    this.#shown = next;
    this.#waiting = placed;
    this.#chosen = { ...this.#chosen, only: ALL, moment_ns: null };
    this.#glide = null;
    this.#apply({ do: "reset" });
    this.#apply({ do: "grew", end_ns: log.end_ns, ended: log.ended });
    this.#apply({ do: "live" });
  }

  /** Shows a step's picture: glides to its window and plays its stretch, if that is wanted.
   * @param {import("../story/resolver.js").Picture} picture @param {{ glides: boolean, plays: boolean }} how */
  present({ from_ns, to_ns, at_ns, selected, trials, tasks, play }, { glides, plays }) {
    const before = this.#player;
    this.#chosen = { ...this.#chosen, only: { trials, tasks }, moment_ns: at_ns };
    this.#waiting = false;
    /** @type {Action[]} */
    const moves = [{ do: "select", task: selected }, { do: "pause" }, { do: "seek", t_ns: at_ns }];
    for (const move of moves) this.#apply(move);
    this.#apply({ do: "show", from_ns, to_ns });
    if (play && plays) this.#apply({ do: "stretch", ...play });
    this.#glide = glides ? glideTo(before, [from_ns, to_ns]) : null;
  }

  /** Entries came, or the last of them did. */
  grown() {
    const { end_ns, ended } = this.#log;
    this.#apply({ do: "grew", end_ns, ended });
    const { t_ns } = this.#place;
    if (!this.#waiting || !(ended || (t_ns !== null && t_ns <= end_ns))) return;
    this.#waiting = false;
    const { recorded } = this.#shown;
    for (const action of openingMoves(this.#place, recorded ? this.#page.opening : null, recorded)) this.#apply(action);
  }
}

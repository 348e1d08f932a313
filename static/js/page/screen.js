// The screen: holds the player's state, the log and the reader's choices; turns intents into player actions, draws once a frame.

import { createPlayer, reduce } from "../engine/player.js";
import { actionForCommand } from "../engine/player_commands.js";
import { advanceAnimation, animateWindow, isFinished } from "../engine/window_animation.js";
import { updateContention } from "./contention_notice.js";
import { PlayerControls } from "./controls.js";
import { createFrameScheduler } from "./frame_scheduler.js";
import { initialActions } from "./initial_view.js";
import { MountedViews } from "./mounted_views.js";
import { elementById, loadRemainingLabels, veiled } from "./page.js";
import { ProofBadge } from "./proof_badge.js";
import { composeScene } from "./scene.js";
import { updateServerText } from "./server_text.js";
import { createAddressBarSync } from "./url_state.js";

/** @typedef {import("../types").Intent} Intent @typedef {import("../engine/player.js").Action} Action */
/** @typedef {import("../types").Page} Page @typedef {import("../types").Say} Say */
/** @typedef {import("../engine/log.js").Log} Log @typedef {import("./url_state.js").UrlState} UrlState */

const WINDOW_COMMANDS = new Set(["zoom-in", "zoom-out", "pan-left", "pan-right"]);
const NO_FILTER = { trials: [], tasks: [] };
const REDUCED_FRAME_MS = 334; // with reduced motion, playing shows at most three pictures a second

/** Waits for the views, then shows the log. @param {ConstructorParameters<typeof Screen>} args */
export async function createScreen(...args) {
  const screen = new Screen(...args);
  await screen.load();
  return screen;
}

class Screen {
  views = new MountedViews();
  redraw = createFrameScheduler((now_ms) => this.#draw(now_ms));
  #page;
  #say;
  #log;
  #urlState;
  #runAction;
  /** Writes what is on screen to the address bar, unless what the address names is still to be shown. */
  syncAddress;
  #controls;
  #proof;
  #player;
  /** @type {import("./scene.js").LogSource} */
  #source = { id: null, preset: "", recorded: false, live: false };
  /** @type {import("./scene.js").ReaderChoices} */
  #choices = { guess: null, lanes: "task", only: NO_FILTER, moment_ns: null };
  /** @type {import("../engine/window_animation.js").WindowAnimation | null} */
  #windowAnimation = null;
  /** Called after every frame. @type {(scene: import("../types").Scene, player: import("../engine/player.js").Player) => void} */
  onFrame = () => {};
  /** What the current step makes of the address: it leaves out what the step implies.
   * @type {(player: import("../engine/player.js").Player) => object} */
  impliedParams = () => ({});
  #openingPending = true; // the place that the address or the lesson names has not been gone to yet
  #drawn_ms = -Infinity;

  /** @param {Page} page @param {Say} say @param {Log} log @param {UrlState} urlState
   *  @param {(action: string, text?: string) => void} runAction */
  constructor(page, say, log, urlState, runAction) {
    this.#page = page;
    this.#say = say;
    this.#log = log;
    this.#urlState = urlState;
    this.#runAction = runAction;
    this.#choices.lanes = urlState.lanes ?? "task";
    this.syncAddress = createAddressBarSync(() => (this.#openingPending ? null : this.#currentUrlState()));
    this.#controls = new PlayerControls(say, this.press, (t_ns) => this.dispatch({ do: "seek", t_ns }));
    const [badge, dialog] = [document.getElementById("proof"), elementById("evidence", HTMLDialogElement)];
    this.#proof = badge && dialog ? new ProofBadge(badge, dialog, say, () => loadRemainingLabels(page)) : null;
    const still = matchMedia("(prefers-reduced-motion: reduce)");
    this.#player = createPlayer({ reduced: still.matches });
    still.addEventListener("change", () => this.#apply({ do: "reduced", reduced: still.matches }));
  }

  /** Loads the views; nothing is drawn before. */
  async load() {
    await this.views.load(this.#page, this.#say, this.dispatch);
    if (this.#urlState.guess) this.#chooseAnswer(this.#urlState.guess);
  }

  /** The player as it is. */
  get player() {
    return this.#player;
  }

  #currentUrlState() {
    const { selected, speed, follow, t_ns, fit, from_ns, to_ns } = this.#player;
    /** @type {import("./url_state.js").UrlState["view"]} */
    const view = fit ? (this.#source.recorded ? "all" : null) : [from_ns, to_ns];
    const { guess, lanes } = this.#choices;
    const words = { run: this.#source.id, guess, lanes: lanes === "task" ? null : lanes };
    return { ...words, task: selected, speed, t_ns: follow ? null : t_ns, view, ...this.impliedParams(this.#player) };
  }

  /** @param {Action} action */
  #apply(action) {
    this.#player = reduce(this.#player, action);
    this.redraw();
  }

  /** Handles an intent of the reader, from a view, the toolbar or a key. @param {Intent | Action} intent */
  dispatch = (intent) => {
    if (intent.do === "evidence") return void this.#proof?.open(intent.position);
    if (intent.do === "action") return this.#runAction(intent.action, intent.text);
    if (intent.do === "answer") this.#chooseAnswer(intent.answer);
    else if (intent.do === "group") {
      this.#choices.lanes = intent.lanes;
      this.redraw();
    } else {
      this.#openingPending = false;
      this.#windowAnimation = null;
      this.#apply(intent);
    }
    if (!this.#player.playing) this.syncAddress();
  };

  /** A button or a key by its name. @param {string} name */
  press = (name) => {
    if (name === "help") return elementById("help", HTMLDialogElement)?.showModal();
    if (veiled()) return; // nobody looks ahead of the question
    const visible = WINDOW_COMMANDS.has(name) ? this.views.visibleWindow() : null;
    if (visible) this.#player = reduce(this.#player, { do: "show", ...visible }); // what moves is what is seen
    const intent = actionForCommand(name, this.#player, this.#log.tracks);
    if (intent) this.dispatch(intent);
  };

  /** @param {number} now_ms @returns {boolean} whether the next frame is wanted at once */
  #draw(now_ms) {
    const before = this.#player.playing;
    const player = reduce(this.#player, { do: "tick", now_ms });
    this.#player = player;
    if (player.reduced && (player.playing || player.follow) && now_ms - this.#drawn_ms < REDUCED_FRAME_MS) return true;
    if (this.#windowAnimation) {
      this.#player = advanceAnimation(this.#player, this.#windowAnimation, now_ms);
      if (isFinished(this.#windowAnimation)) this.#windowAnimation = null;
    }
    const environment = { width: this.views.plotWidth(), say: this.#say, page: this.#page };
    const scene = composeScene(this.#log, this.#player, this.#source, this.#choices, environment);
    if (this.views.draw(scene)) return true;
    this.#drawn_ms = now_ms;
    this.#controls.update(scene, this.#player, now_ms);
    this.#proof?.draw(scene);
    updateServerText(scene, this.#page, this.#say);
    updateContention(scene, this.#page, this.#say);
    this.onFrame(scene, this.#player);
    if (before && !player.playing) this.syncAddress();
    return this.#player.playing || this.#windowAnimation !== null;
  }

  /** @param {string} answer */
  #chooseAnswer(answer) {
    this.#choices.guess = answer;
    this.redraw();
  }

  /** Another log begins: the playhead follows its live end. @param {Log} log @param {import("./scene.js").LogSource} next @param {boolean} placed
   *  whether the place in the address is meant for it */
  attachLog(log, next, placed) {
    this.#log = log;
    this.#source = next;
    this.#openingPending = placed;
    this.#choices = { ...this.#choices, only: NO_FILTER, moment_ns: null };
    this.#windowAnimation = null;
    this.#apply({ do: "reset" });
    this.#apply({ do: "grew", end_ns: log.end_ns, ended: log.ended });
    this.#apply({ do: "live" });
  }

  /** Shows a step's picture: glides to its window and plays its stretch, if that is wanted.
   * @param {import("../story/resolver.js").Picture} picture @param {{ glides: boolean, plays: boolean }} how
   * @param {import("../types").Scene["measured"]} [measured] */
  present({ from_ns, to_ns, at_ns, selected, trials, tasks, play }, { glides, plays }, measured) {
    const before = this.#player;
    this.#choices = { ...this.#choices, only: { trials, tasks }, moment_ns: at_ns, measured };
    this.#openingPending = false;
    for (const first of /** @type {const} */ ([{ do: "select", task: selected }, { do: "pause" }])) this.#apply(first);
    this.#apply({ do: "seek", t_ns: at_ns });
    this.#apply({ do: "show", from_ns, to_ns });
    if (play) this.#apply({ do: "speed", speed: play.speed });
    if (play && plays) this.#apply({ do: "stretch", ...play });
    this.#windowAnimation = glides ? animateWindow(before, [from_ns, to_ns]) : null;
  }

  /** Entries came, or the last of them did. */
  onLogGrown() {
    const { end_ns, ended } = this.#log;
    this.#apply({ do: "grew", end_ns, ended });
    const { t_ns } = this.#urlState;
    if (!this.#openingPending || !(ended || (t_ns !== null && t_ns <= end_ns))) return;
    this.#openingPending = false;
    const { recorded } = this.#source;
    const actions = initialActions(this.#urlState, recorded ? this.#page.opening : null, recorded);
    for (const action of actions) this.#apply(action);
  }
}

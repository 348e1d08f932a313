// Brings the picture of a step onto the screen: its preset's log, its window, its moment; and says when it is left.
import { onStepChange } from "../page/page.js";
import { readLogOf } from "./reading.js";
import { resolve } from "./resolver.js";
import { lightCode, showViews, swapPreset } from "./swap.js";

/** @typedef {import("../types").StepScene} StepScene */
/** @typedef {import("./shelf.js").Held} Held */
/** @typedef {import("./resolver.js").Picture} Picture */
/** @typedef {import("../engine/player.js").Player} Player */
/** @typedef {Awaited<ReturnType<typeof import("../page/screen.js").createScreen>>} Screen */

export class Director {
  #page;
  #screen;
  #shelf;
  #status;
  #step = "";
  /** @type {{ held: Held, picture: Picture, scene: StepScene } | null} */
  #shown = null;
  /** @type {Held | null} */
  #held = null;
  #asked = 0;
  #away = false;
  /** Told of every frame, with whether the deciding moment has been seen on the log on screen. @type {(shown: boolean, seen: boolean) => void}  `shown`: and its step is on screen */
  decided = () => {};
  #seen = false;
  #back = document.getElementById("back-to-scene");

  /** @param {import("../types").Page} page @param {Screen} screen @param {import("./shelf.js").Shelf} shelf
   *  @param {import("../page/status_line.js").StatusLine} status */
  constructor(page, screen, shelf, status) {
    this.#page = page;
    this.#screen = screen;
    this.#shelf = shelf;
    this.#status = status;
    screen.onFrame = (_, player) => this.#frame(player);
    screen.impliedParams = () => this.#implied();
    onStepChange((id) => void this.go(id).then(() => screen.syncAddress()));
    this.#back?.addEventListener("click", () => void this.go(this.#step));
  }

  /** The scene of a step; that of the question is the one that decides it. @param {string} id */
  #sceneOf(id) {
    const { scenes, see } = this.#page;
    const asks = see !== null && scenes[0]?.step === id;
    return scenes.find((each) => each.step === (asks ? see : id)) ?? null;
  }

  /** Shows a step's picture; without a scene of its own the screen stays. @param {string} id
   * @param {{ plays?: boolean, glides?: boolean }} [how] @returns {Promise<boolean>} whether it is on screen */
  async go(id, { plays = true, glides = true } = {}) {
    this.#step = id;
    const scene = this.#sceneOf(id);
    if (!scene) return false;
    const asked = ++this.#asked;
    const found = await this.#find(scene);
    if (asked !== this.#asked || !found) return false; // turned on meanwhile, or nothing to show
    const { held, picture } = found;
    const same = held === this.#held;
    this.show(held);
    this.#shown = { held, picture, scene };
    showViews(scene.views ?? []);
    lightCode(scene.code);
    offer(scene.action);
    this.#screen.present(picture, { glides: glides && same, plays });
    this.#screen.syncAddress();
    return true;
  }

  /** The picture that an address asks for: that of its step; an instant, a window or a task given as well win over it.
   * @param {import("../page/url_state.js").UrlState} place */
  async open(place) {
    const own = place.t_ns !== null || place.view !== null || place.task !== null;
    const asked = place.step ?? (place.guess ? this.#page.scenes[0]?.step : null) ?? "";
    const shown = await this.go(asked, { plays: false, glides: false });
    if (shown && own) {
      if (place.t_ns !== null) this.#screen.dispatch({ do: "seek", t_ns: place.t_ns });
      if (place.view) this.#screen.dispatch({ do: "show", from_ns: place.view[0], to_ns: place.view[1] });
      if (place.task !== null) this.#screen.dispatch({ do: "select", task: place.task });
    }
    return shown;
  }

  /** The log and the picture: the reader's own run if it shows the moment, else the recording.
   * @param {StepScene} scene @returns {Promise<{ held: Held, picture: Picture } | null>} */
  async #find(scene) {
    const own = this.#shelf.own(scene.preset);
    if (own && !own.log.ended) return null; // it is shown once it is over: until then its live end is
    const picture = own && resolve(scene, readLogOf(own.log.tracks));
    if (own && picture) return { held: own, picture };
    try {
      const held = await this.#shelf.recording(scene.preset);
      const recorded = held && resolve(scene, readLogOf(held.log.tracks));
      if (own) this.#status.announce(recorded ? "story.not_shown" : "story.no_moment");
      else if (!held) this.#status.announce("story.no_recording");
      return held && recorded ? { held, picture: recorded } : null;
    } catch {
      this.#status.announce("status.unplayable");
      return null;
    }
  }

  /** Puts a log on the screen, with all that names its preset. @param {Held} held @param {boolean} [placed] whether the place
   *  in the address is meant for it */
  show(held, placed = false) {
    const { log, preset, id } = held;
    if (held === this.#held) return;
    this.#held = held;
    this.#shown = null;
    const recorded = id === null;
    this.#screen.attachLog(log, { id, preset, recorded, live: !recorded && !log.ended }, placed);
    if (log.length) this.#screen.onLogGrown();
    swapPreset(this.#page, preset, recorded);
  }

  /** A preset of the reader's choice: its first scene, from this step on, else the whole of its recording. @param {string} preset */
  async choose(preset) {
    const { scenes } = this.#page;
    const here = scenes.findIndex((each) => each.step === this.#step);
    const fits = (/** @type {StepScene} */ each) => each.preset === preset;
    const scene =
      scenes[here] && fits(scenes[here]) ? scenes[here] : (scenes.slice(here + 1).find(fits) ?? scenes.find(fits));
    const asked = ++this.#asked;
    const found = scene ? await this.#find(scene) : null;
    const held =
      found?.held ?? this.#shelf.own(preset) ?? (await this.#shelf.recording(preset)?.catch(() => null)) ?? null;
    if (asked !== this.#asked) return;
    if (!held) return this.#lack(preset);
    this.show(held);
    showViews([]);
    if (found) this.#screen.present(found.picture, { glides: false, plays: false });
    else this.#screen.dispatch({ do: "home" });
    this.#screen.syncAddress();
  }

  /** Nothing can be shown of a preset: why stands over the picture before, and what is set is this preset. @param {string} preset */
  #lack(preset) {
    swapPreset(this.#page, preset, false);
    const { lacks } = this.#page.presets[preset] ?? {};
    if (lacks) this.#status.announceText(lacks);
    else this.#status.announce("story.no_recording");
  }

  /** A run of the reader's own is over: its step's moment in it, never its last instant. @param {Held} run */
  ended(run) {
    this.#held = run;
    void this.go(this.#step || this.#page.scenes[0]?.step || "");
  }

  /** @param {Player} player */
  #frame(player) {
    const shown = this.#shown;
    const away = shown !== null && differs(player, shown.picture);
    if (this.#back && this.#back.hidden === away) this.#back.hidden = !away;
    this.#away = away;
    const scene = shown?.scene;
    const decides =
      scene?.step === this.#page.see && (this.#step === scene.step || this.#step === this.#page.scenes[0].step);
    if (decides && shown !== null && player.t_ns >= shown.picture.at_ns) this.#seen = true;
    this.decided(decides && this.#seen, this.#seen);
  }

  /** What the address leaves out, because the step alone is the scene. */
  #implied() {
    const { scene, held } = this.#shown ?? {};
    const preset = this.#page.preset === (scene?.preset ?? this.#page.preset) ? null : this.#page.preset;
    const place =
      this.#shown && !this.#away && held?.id === null ? { t_ns: null, view: null, task: null, speed: null } : {};
    return { step: this.#step || undefined, preset: scene ? preset : this.#page.preset, ...place };
  }
}

/** Whether the reader has gone elsewhere; while the scene's stretch plays, nobody has. @param {Player} player
 * @param {Picture} picture */
function differs(player, { from_ns, to_ns, at_ns, selected }) {
  if (player.stop_ns !== null) return false;
  const moved = Math.abs(player.from_ns - from_ns) + Math.abs(player.to_ns - to_ns) > (to_ns - from_ns) / 50;
  return moved || player.t_ns !== at_ns || player.selected !== selected;
}

/** Sets apart the action that brings the step's moment about. @param {string | undefined} action */
function offer(action) {
  for (const button of document.querySelectorAll("#run [data-action]"))
    button.classList.toggle("offered", button.getAttribute("data-action") === action);
}

// Brings the picture of a step onto the screen: its preset's log, its window, its moment; and says when it is left.
import { initialActions } from "../page/initial_view.js";
import { onStepChange, veiled } from "../page/page.js";
import { impliedParams } from "./implied.js";
import { differs, pictureOf, pictureOn, scenesOfPreset } from "./pictures.js";
import { lightCode, offerAction, showViews, swapPreset } from "./swap.js";

/** @typedef {import("../types").StepScene} StepScene */
/** @typedef {import("./log_cache.js").ShownLog} Held */
/** @typedef {import("./resolver.js").Picture} Picture */
/** @typedef {import("../engine/player.js").Player} Player */
/** @typedef {Awaited<ReturnType<typeof import("../page/screen.js").createScreen>>} Screen */

export class Director {
  #page;
  #screen;
  #logs;
  #status;
  #step = "";
  /** @type {{ held: Held, picture: Picture, scene: StepScene } | null} */
  #shown = null;
  /** @type {Held | null} */
  #held = null;
  #asked = 0;
  #left = false; // for another log of the reader's choice
  /** The task that the picture sets apart, whatever the reader selects. @type {number | null} */
  #selected = null;
  /** Told of every frame, with whether the deciding moment has been seen on the log on screen. @type {(shown: boolean, seen: boolean) => void}  `shown`: and its step is on screen */
  decided = () => {};
  #seen = false;
  #back = document.getElementById("back-to-scene");
  #mine = document.getElementById("my-run");

  /** @param {import("../types").Page} page @param {Screen} screen @param {import("./log_cache.js").LogCache} logs
   *  @param {import("../page/status_line.js").StatusLine} status */
  constructor(page, screen, logs, status) {
    this.#page = page;
    this.#screen = screen;
    this.#logs = logs;
    this.#status = status;
    screen.onFrame = (_, player) => this.#frame(player);
    screen.impliedParams = (player) =>
      impliedParams({ step: this.#step, preset: page.preset, shown: this.#shown, selected: this.#selected }, player);
    onStepChange((id) => void this.go(id).then(() => screen.syncAddress()));
    this.#back?.addEventListener("click", () => void this.go(this.#step));
    this.#mine?.addEventListener("click", () => void this.#revisit());
  }

  /** The scene of a step; that of the question is the one that decides it. @param {string} id */
  #sceneOf(id) {
    const { scenes, see } = this.#page;
    const asks = see !== null && scenes[0]?.step === id && !veiled();
    return scenes.find((each) => each.step === (asks ? see : id)) ?? null;
  }

  /** Shows a step's picture; without a scene of its own the screen stays. @param {string} id
   * @param {{ plays?: boolean, glides?: boolean, recorded?: boolean }} [how] `recorded`: on the recording @returns {Promise<boolean>} whether it is on screen */
  async go(id, { plays = true, glides = true, recorded = false } = {}) {
    this.#step = id;
    const scene = this.#sceneOf(id);
    if (!scene) return false;
    const asked = ++this.#asked;
    const found = await this.#find(scene, recorded);
    if (asked !== this.#asked || !found) return false; // turned on meanwhile, or nothing to show
    this.#present(found, scene, { plays, glides });
    return true;
  }

  /** @param {import("./pictures.js").Found} found @param {StepScene} scene @param {{ plays: boolean, glides: boolean }} how */
  #present({ held, picture, measured }, scene, { plays, glides }) {
    const same = held === this.#held;
    this.show(held);
    this.#shown = { held, picture, scene };
    this.#selected = picture.selected;
    showViews(scene.views ?? []);
    lightCode(scene.code);
    offerAction(scene.action);
    this.#screen.present(picture, { glides: glides && same, plays }, measured);
    this.#screen.syncAddress();
  }

  /** The reader's newest run again: this step's moment in it, else that of another of its preset, else the whole of it. */
  async #revisit() {
    const run = this.#logs.last;
    const scene = this.#sceneOf(this.#step);
    const found = run?.log.ended && scene?.preset === run.preset ? pictureOn(run, scene) : null;
    if (scene && found) this.#present(found, scene, { plays: true, glides: false });
    else if (run) await this.choose(run.preset, run);
  }

  /** The picture beside the question, up to its instant: nobody can move it before the guess. */
  async ask() {
    const drawn = document.querySelector(".empty-lanes"); // the lanes of its answers are its picture
    const found = drawn ? null : await this.#find(this.#page.scenes[0]);
    if (!found || !veiled()) return;
    this.#present(found, this.#page.scenes[0], { plays: false, glides: false });
    document.querySelector(".picture")?.setAttribute("inert", "");
    document.documentElement.dataset.veil = "picture";
  }

  /** The picture that an address asks for: of its step, or of its preset beside it; an instant, a window, a speed, a task win.
   * @param {import("../page/url_state.js").UrlState} place */
  async open(place) {
    const { scenes, step } = this.#page;
    const wanted = [place.step, step, place.guess && scenes[0]?.step];
    const asked = wanted.find((id) => scenes.some((each) => each.step === id)) ?? "";
    const own = this.#sceneOf(asked)?.preset ?? place.preset;
    this.#step = asked;
    const other = place.preset !== null && place.preset !== own ? place.preset : null;
    const shown = await (other ? this.choose(other) : this.go(asked, { plays: false, glides: false }));
    if (shown) this.#frame(this.#screen.player); // what decides has been on screen before it is left
    if (shown) for (const action of initialActions(place, null, false)) this.#screen.dispatch(action);
    return shown;
  }

  /** Whether the picture on screen has a stretch to play. */
  plays = () => Boolean(this.#shown?.picture.play);

  /** Plays the stretch of the picture on screen once more; one that has none goes on from where it stands. */
  play() {
    const { picture } = this.#shown ?? {};
    if (picture?.play && !veiled()) this.#screen.present(picture, { glides: false, plays: true });
    else this.#screen.press("play");
  }

  /** @param {StepScene} scene @param {boolean} [recorded] */
  #find(scene, recorded = false) {
    this.#status.retract("story.not_shown", "story.no_moment"); // said of the step before
    return pictureOf(scene, this.#logs, (key) => this.#status.announce(key), recorded);
  }

  /** Puts a log on the screen, with all that names its preset. @param {Held} held @param {boolean} [placed] whether the place
   *  in the address is meant for it */
  show(held, placed = false) {
    const { log, preset, id, own } = held;
    if (held === this.#held) return;
    this.#held = held;
    this.#shown = null;
    this.#left = false;
    const recorded = id === null;
    this.#screen.attachLog(log, { id, preset, recorded, live: !recorded && !log.ended, own }, placed);
    if (log.length) this.#screen.onLogGrown();
    swapPreset(this.#page, preset, recorded);
  }

  /** A preset of the reader's choice, as scenesOfPreset says, else the whole of its recording; false: there is none.
   * @param {string} preset @param {Held | null} [own] the reader's run, even where it lacks the moment @param {boolean} [recorded] as in `go` */
  async choose(preset, own = null, recorded = false) {
    const here = this.#sceneOf(this.#step)?.preset === preset;
    if (here && !own) return this.go(this.#step, { plays: false, glides: false, recorded });
    const asked = ++this.#asked;
    let any = null;
    for (const scene of scenesOfPreset(this.#page, this.#step, preset)) any ??= await this.#find(scene, recorded);
    const found = own && any?.held !== own ? null : any;
    const held =
      found?.held ?? own ?? this.#logs.runOf(preset) ?? (await this.#logs.recording(preset)?.catch(() => null)) ?? null;
    if (asked !== this.#asked) return false;
    if (!held) return this.#lack(preset);
    this.show(held);
    this.#shown = null;
    this.#left = true;
    this.#selected = found?.picture.selected ?? null;
    showViews([]);
    lightCode(undefined);
    if (found) this.#screen.present(found.picture, { glides: false, plays: false });
    else this.#screen.dispatch({ do: "home" });
    this.#screen.syncAddress();
    return true;
  }

  /** Nothing can be shown of a preset: why stands over the picture before, and what is set is this preset. @param {string} preset */
  #lack(preset) {
    swapPreset(this.#page, preset, false);
    const { lacks } = this.#page.presets[preset] ?? {};
    if (lacks) this.#status.announceText(lacks);
    else this.#status.announce("story.no_recording");
    return false;
  }

  /** A run of the reader's own is over: its step's moment in it, never its last instant. @param {Held} run */
  ended(run) {
    this.#held = run;
    const step = this.#step || this.#page.scenes[0]?.step || "";
    if (this.#sceneOf(step)?.preset === run.preset) void this.go(step);
    else void this.choose(run.preset, run); // the reader has run another preset than the step's
  }

  /** @param {Player} player */
  #frame(player) {
    const shown = this.#shown;
    const away = shown === null ? this.#left : differs(player, shown.picture);
    const [mine, scene] = [this.#logs.last, shown?.scene];
    if (this.#mine) this.#mine.hidden = !mine || mine === this.#held;
    if (this.#back && this.#back.hidden === away) this.#back.hidden = !away;
    const decides =
      scene?.step === this.#page.see && (this.#step === scene.step || this.#step === this.#page.scenes[0].step);
    if (decides && shown !== null && player.t_ns >= shown.picture.at_ns) this.#seen = true;
    this.decided(decides && this.#seen, this.#seen);
  }
}

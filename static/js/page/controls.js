// The player's toolbar, scrubber and readouts: shows the player's state, reports commands and seeks.

import { set, write } from "../plot/svg.js";
import { elementById } from "./page.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("../types").Say} Say */
/** @typedef {import("../engine/player.js").Player} Player */

const ANNOUNCE_INTERVAL_MS = 1000; // a playing scrubber says its value not more often than this

/** "1/100" of a speed of 0.01. @param {number} speed */
export function speedFraction(speed) {
  return speed >= 1 ? "1" : `1/${Math.round(1 / speed)}`;
}

/** `aria-valuetext` of the scrubber: the instant, and which task runs on which core. @param {Pick<Scene, "world" | "t_ns" | "place">} scene
 * @param {Say} say */
export function scrubberValueText(scene, say) {
  const { world } = scene;
  const running = [...world.cores]
    .sort(([a], [b]) => a - b)
    .map(([cpu, task]) =>
      say("player.task", { name: world.tasks.get(task)?.name ?? `#${task}`, what: say("what.running", { cpu }) }),
    );
  const time = scene.place(scene.t_ns);
  return running.length ? say("player.value", { time, tasks: running.join(say("player.comma")) }) : time;
}

/** @type {Record<string, string>} */
const SCRUBBER_KEYS = {
  ArrowLeft: "previous",
  ArrowDown: "previous",
  ArrowRight: "next",
  ArrowUp: "next",
  Home: "home",
  End: "end",
};

export class PlayerControls {
  #say;
  #scrubber = elementById("scrub", HTMLInputElement);
  #clock = document.getElementById("clock");
  #speed = document.getElementById("speed");
  /** By name. @type {Map<string, HTMLButtonElement>} */
  #buttons = new Map();
  #announced_ms = -Infinity;
  #moving = false;

  /** @param {Say} say @param {(name: string) => void} press @param {(t_ns: number) => void} seek */
  constructor(say, press, seek) {
    this.#say = say;
    const bar = document.getElementById("player");
    if (bar) this.#bindToolbar(bar, press);
    if (this.#scrubber) bindScrubber(this.#scrubber, press, seek);
  }

  /** @param {HTMLElement} bar @param {(name: string) => void} press */
  #bindToolbar(bar, press) {
    for (const button of bar.querySelectorAll("button")) this.#buttons.set(button.dataset.do ?? "", button);
    bar.addEventListener("click", (event) => {
      const name = event.target instanceof Element && event.target.closest("button")?.dataset.do;
      if (name) press(name);
    });
    bar.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays, so that arrows still step
    rovingTabindex(bar);
  }

  /** @param {string} name @param {boolean} on */
  #setPressed(name, on) {
    const button = this.#buttons.get(name);
    if (button) set(button, { "aria-pressed": String(on) });
  }

  /** Shows "live" only while a run is live; a hidden button must not stay the toolbar's only stop for Tab. @param {boolean} live */
  #toggleLiveButton(live) {
    const button = this.#buttons.get("live");
    if (!button || button.hidden === !live) return;
    button.hidden = !live;
    const shown = [...this.#buttons.values()].filter((each) => !each.hidden);
    if (shown.length && shown.every((each) => each.tabIndex < 0)) shown[0].tabIndex = 0;
  }

  /** Shows the player's state. @param {Scene} scene @param {Player} player @param {number} now_ms */
  update(scene, player, now_ms) {
    const { speed, playing, follow, loop } = player;
    const say = this.#say;
    if (this.#clock) write(this.#clock, scene.place(scene.t_ns));
    const pace = speed >= 1 ? say("player.real") : say("player.speed", { speed: speedFraction(speed) });
    if (this.#speed) write(this.#speed, pace);
    this.#setPressed("play", playing || follow);
    this.#setPressed("loop", loop !== null);
    this.#setPressed("live", follow);
    this.#toggleLiveButton(scene.live);
    this.#tellMoving(playing || follow, scene.t_ns >= scene.end_ns);
    if (this.#scrubber) this.#updateScrubber(this.#scrubber, scene, playing || follow, now_ms);
  }

  /** Tells the page (an embed's host, presenting) when the playhead begins or ceases to move. @param {boolean} moving
   * @param {boolean} ended whether it stands at the end of the log */
  #tellMoving(moving, ended) {
    if (moving === this.#moving) return;
    this.#moving = moving;
    document.dispatchEvent(new CustomEvent("timeslice:moving", { detail: { moving, ended } }));
  }

  /** @param {HTMLInputElement} range @param {Scene} scene @param {boolean} moving @param {number} now_ms */
  #updateScrubber(range, scene, moving, now_ms) {
    const max = String(Math.max(1, Math.ceil(scene.end_ns / 1000)));
    const value = String(Math.min(Number(max), Math.floor(scene.t_ns / 1000)));
    if (range.max !== max) range.max = max;
    if (range.value !== value) range.value = value;
    range.style.setProperty("--share", String(scene.end_ns ? scene.t_ns / scene.end_ns : 0));
    if (moving && now_ms - this.#announced_ms < ANNOUNCE_INTERVAL_MS) return;
    this.#announced_ms = now_ms;
    set(range, { "aria-valuetext": scrubberValueText(scene, this.#say) });
  }
}

/** @param {HTMLInputElement} scrub @param {(name: string) => void} press @param {(t_ns: number) => void} seek */
function bindScrubber(scrub, press, seek) {
  scrub.addEventListener("input", () => seek(Number(scrub.value) * 1000));
  scrub.addEventListener("keydown", (event) => {
    const name = SCRUBBER_KEYS[event.key];
    if (!name || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    event.preventDefault(); // an arrow is one event of the run, not one microsecond
    press(name);
  });
}

/** One stop for Tab, arrows inside: what a toolbar is expected to do (ARIA Authoring Practices, "Toolbar").
 * @param {HTMLElement} bar */
function rovingTabindex(bar) {
  const all = () => [...bar.querySelectorAll("button")].filter((each) => !each.hidden && !each.disabled);
  all().forEach((each, index) => {
    each.tabIndex = index ? -1 : 0;
  });
  /** @param {HTMLButtonElement} wanted */
  const focus = (wanted) => {
    for (const each of bar.querySelectorAll("button")) each.tabIndex = each === wanted ? 0 : -1;
  };
  bar.addEventListener("focusin", ({ target }) => target instanceof HTMLButtonElement && focus(target));
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const buttons = all();
    const at = buttons.findIndex((button) => button.matches(":focus"));
    if (at < 0) return;
    event.preventDefault();
    buttons[(at + step + buttons.length) % buttons.length].focus();
  });
}

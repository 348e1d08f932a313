// The toolbar, the scrubber and the readouts of the player: shows its state, passes on what is pressed; it decides nothing.

import { write } from "../plot/svg.js";
import { element } from "./page.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("../types").Say} Say */
/** @typedef {import("../engine/player.js").Player} Player */

const SPOKEN_MS = 1000; // a playing scrubber says its value not more often than this

/** "1/100" of a speed of 0.01. @param {number} speed */
export function fraction(speed) {
  return speed >= 1 ? "1" : `1/${Math.round(1 / speed)}`;
}

/** What the scrubber says: the instant and who runs where. @param {Pick<Scene, "world" | "t_ns" | "place">} scene
 * @param {Say} say */
export function spoken(scene, say) {
  const { world } = scene;
  const running = [...world.cores]
    .sort(([a], [b]) => a - b)
    .map(([cpu, task]) =>
      say("player.task", { name: world.tasks.get(task)?.name ?? `#${task}`, what: say("what.running", { cpu }) }),
    );
  const time = scene.place(scene.t_ns);
  return running.length ? say("player.value", { time, tasks: running.join(say("player.comma")) }) : time;
}

/** @param {Say} say @param {(name: string) => void} press @param {(t_ns: number) => void} seek */
export function createControls(say, press, seek) {
  const bar = document.getElementById("player");
  const scrub = element("scrub", HTMLInputElement);
  const [clock, speed] = [document.getElementById("clock"), document.getElementById("speed")];
  /** @type {Map<string, HTMLButtonElement>} */
  const buttons = new Map();
  for (const button of bar?.querySelectorAll("button") ?? []) buttons.set(button.dataset.do ?? "", button);
  let spoke_ms = -Infinity;

  bar?.addEventListener("click", (event) => {
    const name = event.target instanceof Element && event.target.closest("button")?.dataset.do;
    if (name) press(name);
  });
  bar?.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays, so that arrows still step
  if (bar) roving(bar);
  scrub?.addEventListener("input", () => seek(Number(scrub.value) * 1000));
  scrub?.addEventListener("keydown", (event) => {
    const name = /** @type {Record<string, string>} */ ({
      ArrowLeft: "previous",
      ArrowDown: "previous",
      ArrowRight: "next",
      ArrowUp: "next",
      Home: "home",
      End: "end",
    })[event.key];
    if (!name || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    event.preventDefault(); // an arrow is one event of the run, not one microsecond
    press(name);
  });

  /** @param {string} name @param {boolean} on */
  function pressed(name, on) {
    const button = buttons.get(name);
    if (button && button.getAttribute("aria-pressed") !== String(on)) button.setAttribute("aria-pressed", String(on));
  }

  /** A button that goes may have been the toolbar's stop for Tab. @param {boolean} live */
  function offerLive(live) {
    const button = buttons.get("live");
    if (!button || button.hidden === !live) return;
    button.hidden = !live;
    const [first, ...rest] = [...buttons.values()].filter((each) => !each.hidden);
    if (first && [first, ...rest].every((each) => each.tabIndex < 0)) first.tabIndex = 0;
  }

  /** Shows the player's state. @param {Scene} scene @param {Player} player @param {number} now_ms */
  function update(scene, player, now_ms) {
    if (clock) write(clock, scene.place(scene.t_ns));
    if (speed)
      write(speed, player.speed >= 1 ? say("player.real") : say("player.speed", { speed: fraction(player.speed) }));
    pressed("play", player.playing || player.follow);
    pressed("loop", player.loop !== null);
    pressed("live", player.follow);
    offerLive(scene.live);
    if (scrub) updateScrub(scrub, scene, player, now_ms);
  }

  /** @param {HTMLInputElement} range @param {Scene} scene @param {Player} player @param {number} now_ms */
  function updateScrub(range, scene, player, now_ms) {
    const max = String(Math.max(1, Math.ceil(scene.end_ns / 1000)));
    const value = String(Math.min(Number(max), Math.floor(scene.t_ns / 1000)));
    if (range.max !== max) range.max = max;
    if (range.value !== value) range.value = value;
    range.style.setProperty("--share", String(scene.end_ns ? scene.t_ns / scene.end_ns : 0));
    if ((player.playing || player.follow) && now_ms - spoke_ms < SPOKEN_MS) return;
    spoke_ms = now_ms;
    const text = spoken(scene, say);
    if (range.getAttribute("aria-valuetext") !== text) range.setAttribute("aria-valuetext", text);
  }

  return { update };
}

/** One stop for Tab, arrows inside: what a toolbar is expected to do (ARIA Authoring Practices, "Toolbar").
 * @param {HTMLElement} bar */
function roving(bar) {
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

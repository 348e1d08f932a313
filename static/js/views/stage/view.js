// Ready queue, one seat a core, and those who wait: a token stands where the world says, and moves only when it does.
import { html, set, write } from "../../plot/svg.js";
import { stateText } from "../../plot/words.js";
import { glide, snapshot } from "./glide.js";
import { places, seatCpus } from "./slots.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("../../types").Task} Task */
/** @typedef {import("./slots.js").Placed} Placed */
/** @typedef {{ root: HTMLElement, button: HTMLElement }} Token */
/** @typedef {{ root: HTMLElement, place: HTMLElement }} Seat */

/** @param {import("../../types").Say} say @param {string} name */
function panel(say, name) {
  const body = html("ul", { class: "stage-row" });
  const words = [html("strong", {}, say(`stage.${name}`)), html("span", {}, say(`stage.${name}_hint`))];
  const title = html("p", { class: "stage-title" }, ...words);
  return { root: html("div", { class: `stage-panel stage-${name}` }, title, body), body };
}

class StageView {
  #root;
  #say;
  #ask;
  #ready;
  #running;
  #blocked;
  #ended = html("p", { class: "stage-ended" });
  /** @type {Map<number, Token>} */
  #tokens = new Map();
  /** By place. @type {Map<string, Seat>} */
  #seats = new Map();
  #signature = "";

  /** @param {Parameters<import("../../types").Create>} given */
  constructor(...[root, say, ask]) {
    this.#root = root;
    this.#say = say;
    this.#ask = ask;
    this.#ready = panel(say, "ready");
    this.#running = panel(say, "running");
    this.#blocked = panel(say, "blocked");
    const panels = [this.#ready, this.#running, this.#blocked].map((each) => each.root);
    root.replaceChildren(html("div", { class: "stage-panels" }, ...panels), this.#ended);
  }

  /** @param {Scene} scene */
  draw(scene) {
    const all = places(scene.world);
    const cpus = seatCpus(scene);
    const keys = all.map(({ task, place }) => `${task.task}${place}${task.state}${task.waits_for}${task.name}`);
    const signature = `${cpus}|${keys}|${scene.selected}`;
    if (signature === this.#signature) return;
    const before = scene.reduced || !this.#signature ? new Map() : snapshot(this.#tokens.values());
    this.#signature = signature;
    this.#arrange(cpus);
    for (const { task } of all) this.#dress(this.#token(task), task, scene);
    const held = document.activeElement;
    this.#seat(all);
    const lost = held instanceof HTMLElement && held !== document.activeElement && this.#root.contains(held);
    if (lost) held.focus({ preventScroll: true });
    glide(before);
  }

  /** @param {number[]} cpus */
  #arrange(cpus) {
    const key = cpus.join();
    if (this.#running.body.dataset.cpus === key) return;
    this.#running.body.dataset.cpus = key;
    this.#seats = new Map(cpus.map((cpu) => [`cpu:${cpu}`, this.#buildSeat(cpu)]));
    this.#running.body.replaceChildren(...[...this.#seats.values()].map(({ root }) => root));
  }

  /** @param {number} cpu @returns {Seat} */
  #buildSeat(cpu) {
    const place = html("ul", { class: "seat-place" });
    const name = html("span", { class: "seat-name" }, this.#say("cores.cpu", { cpu }));
    const free = html("span", { class: "seat-free" }, this.#say("stage.free"));
    return { root: html("li", { class: "stage-seat" }, name, place, free), place };
  }

  /** @param {Task} task @returns {Token} */
  #token({ task }) {
    const found = this.#tokens.get(task);
    if (found) return found;
    const button = html("button", { type: "button" });
    button.addEventListener("click", () => this.#ask({ do: "select", task }));
    const made = { root: html("li", { class: "token" }, button), button };
    this.#tokens.set(task, made);
    return made;
  }

  /** @param {Token} token @param {Task} task @param {Scene} scene */
  #dress({ root, button }, task, { selected, tracks, t_ns }) {
    const say = this.#say;
    const reason = task.state === "blocked" && task.waits_for;
    const label = say("stage.token", { name: task.name, what: stateText(say, tracks.at(task.task, t_ns)) });
    set(root, { "data-state": task.state, "data-reason": reason ? say(`waits.${reason}`) : null });
    set(button, { "aria-pressed": String(task.task === selected), "aria-label": label });
    write(button, task.name);
  }

  /** The element in which tokens of a place stand; null for those that have ended. @param {string} place */
  #hostOf(place) {
    if (place === "ended") return null;
    return place === "ready" ? this.#ready.body : (this.#seats.get(place)?.place ?? this.#blocked.body);
  }

  /** Puts every token into its place. @param {Placed[]} all */
  #seat(all) {
    const seats = [...this.#seats.values()];
    const hosts = [this.#ready.body, this.#blocked.body, ...seats.map(({ place }) => place)];
    for (const host of hosts) {
      const here = all.filter(({ place }) => this.#hostOf(place) === host).map(({ task }) => this.#token(task).root);
      const same = here.length === host.children.length && here.every((token, i) => token === host.children[i]);
      if (!same) host.replaceChildren(...here);
    }
    for (const { root, place } of seats) set(root, { "data-busy": place.children.length > 0 });
    const ended = all.filter(({ place }) => place === "ended").map(({ task }) => task.name);
    write(this.#ended, ended.length ? this.#say("stage.ended", { names: ended.join(" · ") }) : "");
    set(this.#ended, { "data-some": ended.length > 0 });
  }
}

/** @type {import("../../types").Create} */
export const create = (...given) => new StageView(...given);

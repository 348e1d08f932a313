// Ready queue, one seat a core, and those who wait: a token stands where the world says, and moves only when it does.

import { timelineOf } from "../../engine/timeline.js";
import { seatsOf } from "../../plot/layout.js";
import { html, set, write } from "../../plot/svg.js";
import { what } from "../../plot/words.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("../../types").World} World */
/** @typedef {import("../../types").Task} Task */
/** @typedef {{ task: Task, place: string }} Placed  place: "ready", "blocked", "stopped", "ended" or a CPU as "cpu:0" */

const MOVE_MS = 300;
const MOST = 2; // tokens that may move at once; beyond that the pace is too fast and they jump
const CROSSING = 60; // pixels; less is moving up in a queue
const ORDER = /** @type {Record<string, number>} */ ({ ready: 0, blocked: 1 });

/** Where every task of the current trial stands; queues in the order in which they were joined. Pure.
 * @param {World} world @returns {Placed[]} */
export function places(world) {
  const own = [...world.tasks.values()].filter((one) => one.trial === world.trial || one.trial === null);
  const placed = own.map((task) => ({ task, place: placeOf(task) }));
  return placed.sort(
    (a, b) =>
      (ORDER[a.place] ?? 9) - (ORDER[b.place] ?? 9) || a.task.since_ns - b.task.since_ns || a.task.task - b.task.task,
  );
}

/** @param {Task} task */
function placeOf(task) {
  if (task.reaped || task.state === "zombie" || task.code != null || task.signal != null) return "ended";
  return task.state === "running" ? `cpu:${task.cpu}` : task.state;
}

/** The CPUs of the seats to draw: those of the trial, and of anyone running now. @param {Scene} scene */
function seatCpus({ world, tracks, version }) {
  const timeline = timelineOf(tracks, version);
  const trial = timeline.trials.find((one) => one.trial === world.trial) ?? null;
  const used = new Set(tracks.cores().filter((cpu) => ranOn(tracks, cpu, trial, tracks.end_ns)));
  for (const cpu of world.cores.keys()) used.add(cpu);
  return seatsOf(timeline, trial, used);
}

/** @param {import("../../types").Tracks} tracks @param {number} cpu @param {import("../../engine/timeline.js").Trial | null} trial
 * @param {number} end_ns */
const ranOn = (tracks, cpu, trial, end_ns) =>
  tracks.busy(cpu, trial?.from_ns ?? 0, Math.max(1, trial?.to_ns ?? end_ns), 1)[0] > 0;

/** @param {import("../../types").Say} say @param {string} name */
function panel(say, name) {
  const body = html("ul", { class: "stage-row" });
  const root = html(
    "div",
    { class: `stage-panel stage-${name}` },
    html(
      "p",
      { class: "stage-title" },
      html("strong", {}, say(`stage.${name}`)),
      html("span", {}, say(`stage.${name}_hint`)),
    ),
    body,
  );
  return { root, body };
}

/** @type {import("../../types").Create} */
export function create(root, say, ask) {
  const [ready, running, blocked] = ["ready", "running", "blocked"].map((name) => panel(say, name));
  const ended = html("p", { class: "stage-ended" });
  root.replaceChildren(html("div", { class: "stage-panels" }, ready.root, running.root, blocked.root), ended);
  /** @type {Map<number, HTMLElement>} */
  const tokens = new Map();
  /** @type {Map<string, HTMLElement>} */
  const seats = new Map();
  let signature = "";

  /** @param {number[]} cpus */
  function arrange(cpus) {
    const key = cpus.join();
    if (running.body.dataset.cpus === key) return;
    running.body.dataset.cpus = key;
    seats.clear();
    running.body.replaceChildren(
      ...cpus.map((cpu) => {
        const seat = html("ul", { class: "seat-place" });
        seats.set(`cpu:${cpu}`, seat);
        return html(
          "li",
          { class: "stage-seat" },
          html("span", { class: "seat-name" }, say("cores.cpu", { cpu })),
          seat,
          html("span", { class: "seat-free" }, say("stage.free")),
        );
      }),
    );
  }

  /** @param {Task} task */
  function token(task) {
    const found = tokens.get(task.task);
    if (found) return found;
    const button = html("button", { type: "button" });
    button.addEventListener("click", () => ask({ do: "select", task: task.task }));
    const made = html("li", { class: "token" }, button);
    tokens.set(task.task, made);
    return made;
  }

  /** @param {Placed[]} all @param {Scene} scene */
  function dress(all, scene) {
    for (const { task } of all) {
      const element = token(task);
      const button = /** @type {HTMLElement} */ (element.firstElementChild);
      set(element, { "data-state": task.state });
      set(button, {
        "aria-pressed": String(task.task === scene.selected),
        "aria-label": say("stage.token", { name: task.name, what: what(say, scene.tracks.at(task.task, scene.t_ns)) }),
      });
      write(button, task.name);
      set(element, {
        "data-reason": task.state === "blocked" && task.waits_for ? say(`waits.${task.waits_for}`) : null,
      });
    }
  }

  /** Puts every token into its place and tells which of them changed it. @param {Placed[]} all */
  function seat(all) {
    /** @type {Map<HTMLElement, HTMLElement[]>} */
    const wanted = new Map([ready.body, blocked.body, ...seats.values()].map((place) => [place, []]));
    for (const { task, place } of all) {
      const host = seats.get(place) ?? (place === "ready" ? ready.body : place === "ended" ? null : blocked.body);
      if (host) wanted.get(host)?.push(token(task));
    }
    for (const [place, list] of wanted) {
      if (list.length === place.children.length && list.every((one, i) => one === place.children[i])) continue;
      place.replaceChildren(...list);
    }
    for (const place of seats.values())
      set(/** @type {HTMLElement} */ (place.parentElement), { "data-busy": place.children.length > 0 });
    const over = all.filter(({ place }) => place === "ended").map(({ task }) => task.name);
    write(ended, over.length ? say("stage.ended", { names: over.join(" · ") }) : "");
    set(ended, { "data-some": over.length > 0 });
  }

  /** Tokens and where they are on the screen, before they are moved. @param {boolean} wanted */
  const snapshot = (wanted) =>
    new Map(
      wanted
        ? [...tokens.values()].filter((one) => one.isConnected).map((one) => [one, one.getBoundingClientRect()])
        : [],
    );

  return {
    draw(scene) {
      const all = places(scene.world);
      const key =
        `${seatCpus(scene)}|${all.map(({ task, place }) => `${task.task}${place}${task.state}${task.waits_for}${task.name}`)}` +
        `|${scene.selected}`;
      if (key === signature) return;
      const before = snapshot(!scene.reduced && signature !== "");
      signature = key;
      arrange(seatCpus(scene));
      dress(all, scene);
      const held = /** @type {HTMLElement | null} */ (document.activeElement);
      seat(all);
      if (held && held !== document.activeElement && root.contains(held)) held.focus({ preventScroll: true });
      glide(before);
    },
  };
}

/** Lets tokens slide to another place, unless more move, or move sooner, than an eye can follow; within a queue they jump.
 * @param {Map<HTMLElement, DOMRect>} before */
function glide(before) {
  const tokens = [...before.keys()];
  const busy = tokens.flatMap((one) => one.getAnimations());
  for (const running of busy) running.cancel();
  const moved = [...before]
    .filter(([one]) => one.isConnected)
    .map(([one, from]) => {
      const to = one.getBoundingClientRect();
      return { one, x: from.left - to.left, y: from.top - to.top };
    })
    .filter(({ x, y }) => Math.hypot(x, y) > CROSSING);
  if (busy.length || moved.length > MOST) return;
  for (const { one, x, y } of moved) {
    one.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], {
      duration: MOVE_MS,
      easing: "ease-in-out",
    });
  }
}

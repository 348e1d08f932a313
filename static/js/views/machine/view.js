// @ts-check
// The textbook's states in fixed places, stopped and ended small beside them; the way just taken lights up with its cause.
import { html, set, svg, write } from "../../plot/svg.js";
import { castOf } from "../../engine/cast.js";
import { nameOf, what } from "../../plot/words.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("../../types").World} World */
/** @typedef {import("../../types").Task} Task */

const SIZE = { width: 300, height: 226 };
/** Where each state lies: centre and radius. */
export const PLACES = /** @type {Record<string, { x: number, y: number, r: number }>} */ ({
  ready: { x: 62, y: 60, r: 46 }, running: { x: 238, y: 60, r: 46 }, blocked: { x: 150, y: 172, r: 50 },
  stopped: { x: 38, y: 186, r: 34 }, zombie: { x: 262, y: 186, r: 34 },
});
/** The ways between them, by cause. @type {Record<string, { d: string, x: number, y: number }>} */
const WAYS = {
  dispatched: { d: "M106 46Q150 24 192 46", x: 150, y: 22 },
  preempted: { d: "M194 76Q150 98 108 76", x: 150, y: 106 },
  waits: { d: "M216 101L187 134", x: 222, y: 126 },
  woken: { d: "M113 134L86 101", x: 72, y: 130 },
};
const MOVE_MS = 250;
const MOST = 2;
const APART = new Set(["writer", "late"]); // who writes from outside does not belong to the pipeline

/** The newest change of state at the playhead, the selected task's, or of the two at the pipe; null before any.
 * @param {World} world @param {number | null} selected @returns {Task | null} */
export function newest(world, selected) {
  const tasks = mine(world).filter((task) => task.since_ns <= world.t_ns && task.cause !== "born");
  const chosen = tasks.find((task) => task.task === selected);
  if (chosen) return chosen;
  return tasks.filter((task) => !APART.has(task.role ?? "")).reduce((/** @type {Task | null} */ best, task) => (!best || task.since_ns >= best.since_ns ? task : best), null);
}

/** The tasks of the trial on screen that are still in the process table. @param {World} world */
export function mine(world) {
  const trial = world.trial ?? world.trials[world.trials.length - 1]?.trial ?? null;
  return [...world.tasks.values()].filter((task) => task.trial === trial && !task.reaped);
}

/** Where each token stands: those of one state side by side or one above the other. @param {World} world */
export function seats(world) {
  /** @type {Map<string, Task[]>} */
  const groups = new Map();
  for (const task of mine(world)) groups.set(task.state, [...(groups.get(task.state) ?? []), task]);
  return [...groups].flatMap(([state, tasks]) => tasks.map((task, i) => {
    const place = PLACES[state];
    return { task, x: place.x, y: place.y + (tasks.length > 2 ? 17 : 13) + (i - (tasks.length - 1) / 2) * (tasks.length > 2 ? 20.5 : 23) + (place.r < 40 ? 4 : 0) };
  }));
}

/** @param {import("../../types").Say} say */
function background(say) {
  const head = svg("marker", { id: "machine-head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
    svg("path", { d: "M0 0L8 4L0 8Z" }));
  const lit = svg("marker", { id: "machine-lit", viewBox: "0 0 8 8", refX: 6, refY: 4, markerWidth: 6, markerHeight: 6, orient: "auto" },
    svg("path", { d: "M0 0L8 4L0 8Z", class: "machine-lit" }));
  const states = Object.entries(PLACES).map(([state, { x, y, r }]) => svg("g", { class: "machine-state", "data-state": state },
    svg("circle", { cx: x, cy: y, r }), svg("text", { x, y: y - r + (r > 40 ? 23 : 20) }, say(`state.${state}`))));
  const ways = new Map(Object.entries(WAYS).map(([cause, { d, x, y }]) => [cause, svg("g", { class: "machine-way" },
    svg("path", { d, "marker-end": "url(#machine-head)" }),
    svg("text", { x, y, "text-anchor": cause === "woken" ? "end" : cause === "waits" ? "start" : "middle" }, say(`cause.${cause}`)))]));
  return { parts: [svg("defs", {}, head, lit), ...states, ...ways.values()], ways, states };
}

/** @type {import("../../types").Create} */
export function create(root, say, ask) {
  const { parts, ways, states } = background(say);
  const tokens = svg("g", {});
  const picture = svg("svg", { class: "machine-picture", viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "group",
    "aria-label": say("machine.summary") }, ...parts, tokens);
  const line = html("p", { class: "machine-said" });
  root.replaceChildren(picture, line);
  /** @type {Map<number, SVGGElement>} */
  const made = new Map();
  let moved_ms = 0;
  let signature = "";

  /** @param {Task} task */
  function token(task) {
    const found = made.get(task.task);
    if (found) return found;
    const one = svg("g", { class: "machine-token", role: "button", tabindex: 0 }, svg("rect", { y: -10, height: 20, rx: 10 }), svg("text", { y: 4 }));
    const select = () => ask({ do: "select", task: task.task });
    one.addEventListener("click", select);
    one.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      select();
    });
    made.set(task.task, one);
    return one;
  }

  /** @param {Scene} scene */
  function place(scene) {
    const all = seats(scene.world);
    const wanted = all.map(({ task }) => token(task));
    const moving = all.filter(({ task, x, y }) => token(task).dataset["at"] !== `${x},${y}`);
    const now = performance.now();
    set(tokens, { "data-jump": scene.reduced || moving.length > MOST || now - moved_ms < MOVE_MS });
    if (moving.length) moved_ms = now;
    for (const { task, x, y } of all) dress(token(task), task, x, y, scene);
    for (const [number, one] of made) if (!wanted.includes(one)) { one.remove(); made.delete(number); }
    for (const one of wanted) if (!one.isConnected) tokens.append(one);
  }

  /** @param {SVGGElement} one @param {Task} task @param {number} x @param {number} y @param {Scene} scene */
  function dress(one, task, x, y, scene) {
    const width = Math.max(38, 14 + task.name.length * 7.5);
    set(one, { "data-state": task.state, "data-at": `${x},${y}`, transform: `translate(${x} ${y})`,
      "aria-pressed": String(scene.selected === task.task), "aria-label": say("stage.token",
        { name: task.name, what: what(say, scene.tracks.at(task.task, scene.t_ns)) }) });
    set(/** @type {Element} */ (one.firstElementChild), { x: -width / 2, width });
    write(/** @type {Element} */ (one.lastElementChild), task.name);
  }

  /** Lights the way just taken, and says whose it was and who caused it. @param {Scene} scene */
  function light(scene) {
    const last = newest(scene.world, scene.selected);
    for (const [cause, way] of ways) {
      const on = cause === last?.cause;
      set(way, { "data-on": on });
      set(/** @type {Element} */ (way.firstElementChild), { "marker-end": `url(#machine-${on ? "lit" : "head"})` });
    }
    for (const state of states) set(state, { "data-on": state.dataset["state"] === last?.state });
    write(line, last ? because(scene, last) : "");
  }

  /** @param {Scene} scene @param {Task} last */
  function because(scene, last) {
    const slots = { name: last.name, cause: say(`cause.${last.cause}`) };
    if (last.cause === "woken" && last.by !== null) {
      return say("machine.by", { ...slots, by: nameOf(castOf(scene.tracks, scene.version), last.by, say, last.by_name) });
    }
    if (last.cause === "waits" && last.waits_for) return say("machine.reason", { ...slots, reason: say(`waits.${last.waits_for}`) });
    return say("machine.last", slots);
  }

  return {
    draw(scene) {
      const key = `${mine(scene.world).map((task) => `${task.task}${task.name}${task.state}${task.since_ns}`)}|${scene.selected}|${scene.reduced}`;
      if (key === signature) return;
      signature = key;
      place(scene);
      light(scene);
    },
  };
}

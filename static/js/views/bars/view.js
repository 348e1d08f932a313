// Wall time and CPU time of every trial as bars on one scale, and how many cores that kept busy; not the bars of the lanes
// (plot/paint.js). Once a trial is over its numbers are those the lesson has measured, so that bars,
// figures and text say the same.

import { duration } from "../../engine/scale.js";
import { timelineOf } from "../../engine/timeline.js";
import { valueKey } from "../../engine/world.js";
import { html, set, write } from "../../plot/svg.js";
import { trialName } from "../../plot/words.js";

/** @typedef {import("../../engine/timeline.js").Timeline} Timeline */
/** @typedef {import("../../engine/timeline.js").Trial} Trial */
/** @typedef {import("../../types").Tracks} Tracks */
/** @typedef {{ trial: Trial, wall_ns: number, cpu_ns: number, wall_now_ns: number, cpu_now_ns: number, busy: number,
 *   cores: number, open: boolean }} Sum */

const RUNNING = 1; // code in Track.state

/** @param {Timeline} timeline @param {Tracks} tracks @param {number} t_ns @returns {Sum[]} */
export function sums(timeline, tracks, t_ns) {
  return timeline.trials.map((trial) => {
    const tasks = timeline.tasksOf(trial.trial).map(({ task }) => task);
    const end = trial.to_ns ?? tracks.end_ns;
    const now = Math.min(Math.max(t_ns, trial.from_ns), end);
    /** @param {number} at */
    const cpu = (at) => tasks.reduce((sum, task) => sum + onCore(tracks, task, trial.from_ns, at), 0);
    /** @param {string} name */
    const measured = (name) => timeline.values.get(valueKey(name, trial.trial));
    const wall_ns = (measured("wall_ms") ?? Math.max(0, end - trial.from_ns) / 1e6) * 1e6;
    const cpu_ns = (measured("cpu_ms") ?? cpu(end) / 1e6) * 1e6;
    return {
      trial,
      wall_ns,
      cpu_ns,
      wall_now_ns: Math.min(wall_ns, now - trial.from_ns),
      cpu_now_ns: Math.min(cpu_ns, cpu(now)),
      busy: wall_ns > 0 ? cpu_ns / wall_ns : 0,
      cores: timeline.coresOf(trial),
      open: trial.to_ns == null,
    };
  });
}

/** @param {Tracks} tracks @param {number} task @param {number} from_ns @param {number} to_ns */
function onCore(tracks, task, from_ns, to_ns) {
  if (to_ns <= from_ns) return 0;
  return tracks.shares(task, from_ns, to_ns, 1)[RUNNING] * (to_ns - from_ns);
}

/** @param {import("../../types").Say} say @param {string} kind */
function buildBar(say, kind) {
  const fill = html("span", { class: `bar-fill ${kind}` });
  const whole = html("span", { class: `bar-whole ${kind}` }, fill);
  const value = html("span", { class: "bar-value" });
  const row = html(
    "div",
    { class: "bar-row" },
    html("span", { class: "bar-name" }, say(`bars.${kind}`)),
    html("span", { class: "bar-track", "aria-hidden": "true" }, whole),
    value,
  );
  return { row, fill, whole, value };
}

/** @typedef {{ root: HTMLElement, name: HTMLElement, wall: ReturnType<typeof buildBar>, cpu: ReturnType<typeof buildBar>,
 *   busy: HTMLElement }} Item */

/** @param {import("../../types").Say} say @returns {Item} */
function buildItem(say) {
  const [wall, cpu] = [buildBar(say, "wall"), buildBar(say, "cpu")];
  const [name, busy] = [html("p", { class: "bars-trial" }), html("p", { class: "bars-busy" })];
  return {
    root: html("li", {}, html("div", { class: "bars-head" }, name, busy), wall.row, cpu.row),
    name,
    wall,
    cpu,
    busy,
  };
}

/** @param {ReturnType<typeof buildBar>} bar @param {number} whole @param {number} now @param {number} most */
function size(bar, whole, now, most) {
  bar.whole.style.inlineSize = `${(100 * whole) / most}%`;
  bar.fill.style.inlineSize = `${whole > 0 ? (100 * now) / whole : 0}%`;
  write(bar.value, duration(whole));
}

/** How many cores were kept busy. @param {Sum} sum @param {import("../../types").Say} say */
function busyText({ open, busy, cores }, say) {
  if (open) return say("bars.running");
  return say(cores === 1 ? "bars.busy_one" : "bars.busy", { busy: busy.toFixed(2), cores });
}

/** @type {import("../../types").Create} */
export function create(root, say, _ask, page) {
  const empty = html("p", { class: "view-empty" }, say("bars.empty"));
  const list = html("ul", { class: "bars" });
  root.replaceChildren(empty, list);
  /** @type {Item[]} */
  let items = [];
  return {
    draw({ tracks, version, t_ns }) {
      const found = sums(timelineOf(tracks, version), tracks, t_ns);
      empty.hidden = found.length > 0;
      if (found.length !== items.length) {
        items = found.map(() => buildItem(say));
        list.replaceChildren(...items.map((item) => item.root));
      }
      const most = Math.max(1, ...found.map((sum) => Math.max(sum.wall_ns, sum.cpu_ns)));
      found.forEach((sum, i) => {
        const item = items[i];
        write(item.name, trialName(sum.trial, page.labels, say));
        write(item.busy, busyText(sum, say));
        set(item.root, { "data-open": sum.open });
        size(item.wall, sum.wall_ns, sum.wall_now_ns, most);
        size(item.cpu, sum.cpu_ns, sum.cpu_now_ns, most);
      });
    },
  };
}

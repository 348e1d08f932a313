// What happens many times in one run (a series): a dot for each occurrence, on a scale of lengths or in heaps; no lanes.
import { duration } from "../../engine/scale.js";
import { html, set, svg } from "../../plot/svg.js";
import { labelOf } from "../../plot/words.js";

/** @typedef {import("../../types").World} World */
/** @typedef {{ number: number, value: number, at_ns: number | null }} Time
 * @typedef {{ name: string, lengths: boolean, times: Time[] }} Series  `lengths`: values in ns, else whole numbers
 * @typedef {{ x: number, level: number, time: Time }} Dot  x: 0..1 */

const NAME = /^repeat:([a-z_]+):(\d+)$/;
const NS = /** @type {Record<string, number>} */ ({ us: 1e3, ms: 1e6, s: 1e9 });
const SLOTS = 40; // places side by side on the scale; dots in one place are heaped up
const HIGH = 10; // pixels from a dot to the one on it

/** The series of a run in the order in which they were measured; their instants are the series "at". Pure.
 * @param {World["values"]} values @returns {Series[]} */
export function seriesOf(values) {
  /** @type {Map<string, Series>} */
  const found = new Map();
  /** @type {Map<number, number>} */
  const instants = new Map();
  for (const { name, value, unit } of values.values()) {
    const [, series, number] = NAME.exec(name) ?? [];
    if (!series) continue;
    if (series === "at") instants.set(Number(number), value * NS[unit]);
    else {
      const one = found.get(series) ?? { name: series, lengths: unit in NS, times: [] };
      one.times.push({ number: Number(number), value: value * (NS[unit] ?? 1), at_ns: null });
      found.set(series, one);
    }
  }
  for (const { times } of found.values()) {
    times.sort((a, b) => a.number - b.number);
    for (const time of times) time.at_ns = instants.get(time.number) ?? null;
  }
  return [...found.values()];
}

/** The powers of ten, in ns, between which all lengths lie: one scale for all series. @param {Series[]} all */
export function decadeRange(all) {
  const lengths = all.filter((one) => one.lengths).flatMap((one) => one.times.map((time) => Math.max(1, time.value)));
  const low = Math.floor(Math.log10(Math.min(...lengths)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...lengths))));
  return Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
}

/** Where the dots of a series of lengths lie on a scale of decades. @param {Series} series @param {number[]} decades
 * @returns {Dot[]} */
export function dotPositions({ times }, decades) {
  const [low, high] = [decades[0], decades[decades.length - 1]].map(Math.log10);
  /** @type {Map<number, number>} */
  const histogram = new Map();
  return times.map((time) => {
    const slot = Math.round(((Math.log10(Math.max(1, time.value)) - low) / (high - low)) * SLOTS);
    const level = histogram.get(slot) ?? 0;
    histogram.set(slot, level + 1);
    return { x: slot / SLOTS, level, time };
  });
}

/** How often each whole number came. @param {Series} series @returns {[number, Time[]][]} */
export function heaps({ times }) {
  const values = [...new Set(times.map((time) => time.value))].sort((a, b) => a - b);
  return values.map((value) => [value, times.filter((time) => time.value === value)]);
}

/** @param {Series} series @param {import("../../types").Say} say */
function summary({ times }, say) {
  const sorted = times.map((time) => time.value).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return say("repeats.times", {
    count: sorted.length,
    median: duration(median),
    least: duration(sorted[0]),
    most: duration(sorted[sorted.length - 1]),
  });
}

/** @typedef {{ dot: Element, at_ns: number | null }} DrawnDot */

/** @param {Series} series @param {number[]} decades @param {DrawnDot[]} drawn */
function stripPlot(series, decades, drawn) {
  const placed = dotPositions(series, decades);
  const tall = HIGH * (1 + Math.max(...placed.map((dot) => dot.level)));
  const plot = svg("svg", { class: "repeats-plot", height: tall + 26, "aria-hidden": "true" });
  /** @param {number} x 0..1 */
  const at = (x) => `${100 * x}%`;
  plot.append(svg("line", { class: "repeats-axis", x1: 0, x2: "100%", y1: tall + 4, y2: tall + 4 }));
  decades.forEach((ns, i) => {
    const x = at(i / (decades.length - 1));
    plot.append(
      svg("line", { class: "repeats-axis", x1: x, x2: x, y1: tall + 4, y2: tall + 9 }),
      svg("text", { x, y: tall + 22, "text-anchor": "middle" }, label(ns)),
    );
  });
  for (const { x, level, time } of placed) {
    const dot = svg("circle", { cx: at(x), cy: tall - HIGH * (level + 0.5), r: HIGH / 2 - 1 });
    plot.append(dot);
    drawn.push({ dot, at_ns: time.at_ns });
  }
  return plot;
}

/** A power of ten without its decimals: "10 µs". @param {number} ns */
const label = (ns) =>
  duration(ns)
    .replace(/\.0+(?=\D)/, "")
    .replace(/^0\.10/, "0.1");

/** @param {Series} series @param {Record<string, string>} labels @param {import("../../types").Say} say @param {DrawnDot[]} drawn */
function histogramOf(series, labels, say, drawn) {
  return html(
    "ul",
    { class: "repeats-heaps" },
    ...heaps(series).map(([value, times]) => {
      const row = html("span", { class: "repeats-row", "aria-hidden": "true" });
      for (const { at_ns } of times) {
        const dot = html("span", { class: "repeats-dot" });
        row.append(dot);
        drawn.push({ dot, at_ns });
      }
      return html(
        "li",
        {},
        html("span", { class: "repeats-kind" }, labelOf(labels, say, `repeat.${series.name}`, String(value))),
        row,
        html("strong", {}, say("repeats.share", { count: times.length, of: series.times.length })),
      );
    }),
  );
}

/** @type {import("../../types").Create} */
export function create(root, say, _ask, page) {
  const empty = html("p", { class: "view-empty" }, say("repeats.empty"));
  const list = html("ul", { class: "repeats" });
  root.replaceChildren(empty, list);
  /** @type {DrawnDot[]} */
  let drawn = [];
  let version = -1;

  /** @param {World["values"]} values */
  function build(values) {
    const all = seriesOf(values);
    const lengths = all.some((one) => one.lengths);
    const decades = lengths ? decadeRange(all) : [];
    drawn = [];
    empty.hidden = all.length > 0;
    list.replaceChildren(
      ...all.map((series) => {
        const name = html("strong", {}, labelOf(page.labels, say, "repeat", series.name));
        const head = html("p", { class: "repeats-head" }, name);
        if (series.lengths) head.append(html("span", {}, summary(series, say)));
        return html(
          "li",
          {},
          head,
          series.lengths ? stripPlot(series, decades, drawn) : histogramOf(series, page.labels, say, drawn),
        );
      }),
    );
  }

  return {
    draw({ last, version: now, t_ns }) {
      if (now !== version) build(last.values);
      version = now;
      for (const { dot, at_ns } of drawn) set(dot, { "data-coming": at_ns !== null && at_ns > t_ns });
    },
  };
}

// The pipeline: the log, tail, the pipe with its real level, grep with its buffer; who sleeps is drawn where it sleeps.
import { duration, grouped } from "../../engine/scale.js";
import { html, set, svg, write } from "../../plot/svg.js";
import { layOut, sizeOf, water } from "./layout.js";
import { createProgram, wide } from "./program.js";
import { endOf, gone, read } from "./read.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("./layout.js").Layout} Layout */
/** @typedef {import("./read.js").Read} Read */

const LINES = 6;

/** The log: its name, its newest lines, the last one marked. @param {import("../../types").Say} say */
function createLog(say) {
  const title = svg("text", { class: "pipe-title" }, say("pipe.log"));
  const frame = svg("rect", { class: "pipe-paper", rx: 6 });
  const mark = svg("rect", { class: "pipe-fresh" });
  const rows = Array.from({ length: LINES }, () => svg("text", { class: "pipe-line" }));
  const clip = svg("clipPath", { id: "pipe-log-clip" }, svg("rect", {}));
  const root = svg("g", {}, clip, title, frame, mark, svg("g", { "clip-path": "url(#pipe-log-clip)" }, ...rows));
  return {
    root,
    /** @param {Layout} layout @param {Read} now @param {number} size */
    draw({ log, lines }, now, size) {
      set(title, { x: log.x + 4, y: log.y - 8 * size });
      set(frame, { ...log });
      set(/** @type {Element} */ (clip.firstElementChild), { ...log, width: log.width - 6 });
      const shown = now.written.slice(-Math.min(lines, LINES));
      const pitch = 17 * size;
      rows.forEach((row, i) => {
        const one = shown[i];
        set(row, { x: log.x + 10, y: log.y + pitch * (i + 1), class: `pipe-line${one?.burst ? " burst" : ""}` });
        write(row, !one ? "" : one.burst ? say("pipe.burst", { count: one.text }) : one.text);
      });
      const fresh = shown.length && now.wakes.tail && shown[shown.length - 1].t_ns <= now.wakes.tail.t_ns;
      set(mark, {
        x: log.x + 2,
        y: log.y + pitch * (shown.length - 1) + 4,
        width: fresh ? log.width - 4 : 0,
        height: pitch,
      });
    },
  };
}

/** The tube between: shorter for a small capacity, as full as the kernel says, cut where an end is closed.
 * @param {import("../../types").Say} say */
function createTube(say) {
  const title = svg("text", { class: "pipe-label" }, say("pipe.pipe"));
  const clip = svg("clipPath", { id: "pipe-tube-clip" }, svg("rect", {}));
  const level = svg("rect", { class: "pipe-water", "clip-path": "url(#pipe-tube-clip)" });
  const wall = svg("rect", { class: "pipe-tube" });
  const text = svg("text", { class: "pipe-level" });
  const cuts = [svg("path", { class: "pipe-cut" }), svg("path", { class: "pipe-cut" })];
  const root = svg("g", {}, clip, title, level, wall, ...cuts, text);
  return {
    root,
    /** @param {Layout} layout @param {Read} now @param {number} size */
    draw({ tube, wide: inRow, tail, grep }, now, size) {
      const room = inRow ? (grep.x - tail.x - tail.width - 8) / ((size > 1 ? 1.2 : 1) * size) : Infinity; // between the programs' boxes
      const middle = tube.x + tube.width / 2;
      set(title, {
        x: inRow ? middle : tube.x + 8,
        y: tube.y - 8 * size,
        class: inRow ? "pipe-label" : "pipe-label start",
      });
      set(/** @type {Element} */ (clip.firstElementChild), { ...tube, rx: tube.height / 2 });
      set(wall, {
        ...tube,
        rx: tube.height / 2,
        "data-full": now.level > 0 && (now.level === now.capacity || endOf(now.tasks.tail ?? null) === "out"),
      });
      set(level, { ...water(tube, now.level, now.capacity) });
      write(title, say(wide(say("pipe.pipe")) <= room ? "pipe.pipe" : "pipe.short"));
      const slots = { bytes: grouped(now.level), capacity: grouped(now.capacity) };
      const words =
        wide(say("pipe.level", slots)) <= room ? say("pipe.level", slots) : `${slots.bytes} / ${slots.capacity}`;
      const fits = wide(words) * size + 12 <= tube.width; // else below the tube
      set(text, { x: middle, y: fits ? tube.y + tube.height / 2 + 5 * size : tube.y + tube.height + 20 * size });
      write(text, words);
      cuts.forEach((cut, i) => {
        const x = i ? tube.x + tube.width + 3 : tube.x - 3;
        const closed = gone(i ? now.tasks.grep : now.tasks.tail);
        set(cut, { d: closed ? jag(x, tube.y - 6, tube.height + 12) : "" });
      });
    },
  };
}

/** A torn edge. @param {number} x @param {number} y @param {number} height */
function jag(x, y, height) {
  const part = height / 6;
  return `M${x} ${y}${Array.from({ length: 6 }, (_, i) => `l${i % 2 ? -6 : 6} ${part}`).join("")}`;
}

/** @param {import("../../types").Say} say */
function createArrows(say) {
  const head = svg(
    "marker",
    { id: "pipe-head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" },
    svg("path", { d: "M0 0L8 4L0 8Z", class: "pipe-head" }),
  );
  const lines = Array.from({ length: 3 }, () => svg("line", { class: "pipe-arrow", "marker-end": "url(#pipe-head)" }));
  const word = svg("text", { class: "pipe-label" });
  const root = svg("g", {}, svg("defs", {}, head), ...lines, word);
  return {
    root,
    /** @param {Layout} layout @param {Read} now @param {number} size */
    draw({ arrows, wide: inRow }, now, size) {
      lines.forEach((line, i) => {
        const { from, to } = arrows[i];
        set(line, { x1: from[0] + 3, y1: from[1], x2: to[0] - 3, y2: to[1] });
        set(line, inRow ? {} : { x1: from[0], y1: from[1] + 2, x2: to[0], y2: to[1] - 2 });
      });
      const { from, to } = arrows[0];
      set(word, {
        x: inRow ? (from[0] + to[0]) / 2 : from[0] + 12,
        y: inRow ? from[1] - 10 * size : (from[1] + to[1]) / 2 + 5,
        class: inRow ? "pipe-label" : "pipe-label start",
      });
      write(word, now.story?.params.inotify === false ? say("pipe.polls") : say("pipe.inotify"));
    },
  };
}

/** @type {import("../../types").Create} */
export function create(root, say, ask) {
  const [log, tube, arrows] = [createLog(say), createTube(say), createArrows(say)];
  const tail = createProgram(say, "tail", ask);
  const grep = createProgram(say, "grep", ask);
  const picture = svg(
    "svg",
    { class: "pipe-picture", role: "group" },
    arrows.root,
    log.root,
    tube.root,
    tail.root,
    grep.root,
  );
  const line = html("p", { class: "pipe-said" });
  root.replaceChildren(picture, line);
  let signature = "";

  /** Who woke whom, and after how long; else what the picture is. @param {Read} now */
  function said(now) {
    const parts = [now.wakes.tail, now.wakes.grep]
      .filter((one) => one !== null)
      .map((one) =>
        say("pipe.woke", {
          by: one.by === now.tasks.tail?.task ? "tail" : (now.tasks.writer?.name ?? ""),
          name: one.to === now.tasks.tail?.task ? "tail" : "grep",
          time: one.error_ns ? `${duration(one.after_ns)} ± ${duration(one.error_ns)}` : duration(one.after_ns),
        }),
      );
    return parts.length ? parts.join(say("pipe.then")) : say("pipe.caption");
  }

  return {
    draw(scene) {
      const width = Math.max(280, Math.floor(root.clientWidth));
      const text = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;
      const [size, share] = sizeOf(width, text);
      const now = read(scene, LINES);
      const key = [width, size, scene.version, scene.t_ns, scene.selected].join();
      if (key === signature) return;
      signature = key;
      const layout = layOut(width, now.capacity, size);
      picture.style.setProperty("--share", String(share));
      set(picture, {
        width,
        height: layout.height,
        viewBox: `0 0 ${width} ${layout.height}`,
        "aria-label": say("pipe.summary", { bytes: grouped(now.level), capacity: grouped(now.capacity) }),
      });
      for (const part of [log, tube, arrows]) part.draw(layout, now, size);
      tail.draw(layout.tail, layout.wide, now.tasks.tail, now, scene, size);
      grep.draw(layout.grep, layout.wide, now.tasks.grep, now, scene, size);
      write(line, said(now));
    },
  };
}

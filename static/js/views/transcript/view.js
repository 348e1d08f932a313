// The run in words around the playhead, as text or as a table, in step with it; a bounded window, never the whole log.

import { timelineOf } from "../../engine/timeline.js";
import { html, set } from "../../plot/svg.js";
import { changeLine, factLine, nameOf } from "../../plot/words.js";

/** @typedef {import("../../types").Tracks} Tracks */
/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("../../types").Entry} Entry */
/** @typedef {{ position: number, t_ns: number, text: string, cells: string[] }} Line */

const PAST = 12;
const COMING = 4;
const PAUSE_MS = 340; // at most three changes a second while it plays

/** @param {Tracks} tracks @param {number} t_ns @param {number} count @param {1 | -1} step the furthest of `count` instants */
function away(tracks, t_ns, count, step) {
  let at = t_ns;
  for (let i = 0; i < count; i++) {
    const next = step > 0 ? tracks.next(at) : tracks.previous(at);
    if (next === null) break;
    at = next;
  }
  return at;
}

/** The entries around an instant that are sentences: the last up to it, and the next.
 * @param {Tracks} tracks @param {number} t_ns @param {(entry: Entry) => boolean} told
 * @returns {{ past: { position: number, entry: Entry }[], coming: { position: number, entry: Entry }[] }} */
export function around(tracks, t_ns, told) {
  const from = away(tracks, t_ns, PAST * 2, -1);
  const to = away(tracks, t_ns, COMING * 2, 1);
  const found = tracks.entries(from, to, 400).filter(({ entry }) => told(entry));
  return {
    past: found.filter(({ entry }) => entry.t_ns <= t_ns).slice(-PAST),
    coming: found.filter(({ entry }) => entry.t_ns > t_ns).slice(0, COMING),
  };
}

const SILENT = new Set(
  (
    "memory.measured memory.pages pipe.filled cell.written value.measured proof.checked signal.got " +
    "task.measured task.renamed task.described task.moved task.allowed task.waited"
  ).split(" "),
);

/** @param {Entry} entry */
const isTold = (entry) => !SILENT.has(entry.fact.kind);

/** @param {Scene} scene @param {import("../../types").Say} say @param {Record<string, string>} labels
 * @param {{ position: number, entry: Entry }} found @returns {Line} */
export function lineOf(scene, say, labels, { position, entry }) {
  const timeline = timelineOf(scene.tracks, scene.version);
  const { t_ns, fact, source } = entry;
  const time = scene.time(t_ns);
  if (fact.kind !== "task.state") {
    const text = factLine(say, timeline, fact, labels) ?? fact.kind;
    const who = "task" in fact && fact.task != null ? nameOf(timeline, fact.task, say) : "";
    return { position, t_ns, text, cells: [time, who, "", "", "", text, say(`source.${source}`)] };
  }
  const before = scene.tracks.at(fact.task, t_ns - 1)?.state ?? null;
  const reason = fact.waits_for ? say(`waits.${fact.waits_for}`) : say(`cause.${fact.cause}`);
  return {
    position,
    t_ns,
    text: changeLine(say, timeline, fact, before),
    cells: [
      time,
      nameOf(timeline, fact.task, say),
      before ? say(`state.${before}`) : "",
      say(`state.${fact.state}`),
      fact.cpu == null ? "" : String(fact.cpu),
      reason,
      say(`source.${source}`),
    ],
  };
}

const COLUMNS = ["time", "task", "from", "to", "cpu", "reason", "source"];

/** @type {import("../../types").Create} */
export function create(root, say, ask, page) {
  /** @type {"text" | "table"} */
  let form = "text";
  /** @type {Scene | null} */
  let scene = null;
  let signature = "";
  let drawn = "";
  let drawn_ms = -Infinity;
  let later = 0;
  const list = html("ol", { class: "transcript-lines" });
  const body = html("tbody");
  const table = html(
    "table",
    { hidden: true },
    html("caption", {}, say("transcript.caption")),
    html(
      "thead",
      {},
      html("tr", {}, ...COLUMNS.map((column) => html("th", { scope: "col" }, say(`column.${column}`)))),
    ),
    body,
  );
  const empty = html("p", { class: "view-empty" }, say("transcript.empty"));
  const buttons = /** @type {const} */ (["text", "table"]).map((kind) => {
    const button = html("button", { type: "button", "aria-pressed": String(kind === form) }, say(`transcript.${kind}`));
    button.addEventListener("click", () => {
      form = kind;
      signature = "";
      if (scene) draw(scene);
    });
    return button;
  });
  const scroll = html(
    "div",
    { class: "transcript-window", tabindex: "0", role: "group", "aria-label": say("transcript.caption") },
    list,
    table,
  );
  root.replaceChildren(
    html(
      "div",
      { class: "transcript-bar" },
      html("div", { class: "segmented", role: "group", "aria-label": say("transcript.mode") }, ...buttons),
    ),
    empty,
    scroll,
  );

  /** @param {Line} line @param {boolean} now @param {boolean} coming */
  function row(line, now, coming) {
    const attributes = { class: coming ? "coming" : "", "aria-current": now ? "true" : null };
    const seek = html("button", { type: "button", class: "at" }, line.cells[0]);
    seek.addEventListener("click", () => ask({ do: "seek", t_ns: line.t_ns }));
    if (form === "text") return html("li", attributes, seek, " ", line.text);
    return html("tr", attributes, html("td", {}, seek), ...line.cells.slice(1).map((cell) => html("td", {}, cell)));
  }

  /** @param {Scene} now */
  function render(now) {
    const { past, coming } = around(now.tracks, now.t_ns, isTold);
    const last = past[past.length - 1];
    const wanted = `${form} ${now.version} ${past.map((one) => one.position)} ${coming.map((one) => one.position)}`;
    if (wanted === signature) return;
    signature = wanted;
    empty.hidden = past.length + coming.length > 0;
    list.hidden = form !== "text";
    table.hidden = form !== "table";
    buttons.forEach((button, i) => {
      set(button, { "aria-pressed": String((i === 0) === (form === "text")) });
    });
    const focused = document.activeElement?.closest("[data-position]")?.getAttribute("data-position");
    const rows = [...past, ...coming].map((one) => {
      const element = row(lineOf(now, say, page.labels, one), one === last, coming.includes(one));
      return set(element, { "data-position": one.position });
    });
    (form === "text" ? list : body).replaceChildren(...rows);
    if (focused)
      rows
        .find((one) => one.dataset.position === focused)
        ?.querySelector("button")
        ?.focus({ preventScroll: true });
    keepInView(rows.find((one) => one.hasAttribute("aria-current")));
  }

  /** Scrolls only this window, never the page. @param {HTMLElement | undefined} current */
  function keepInView(current) {
    if (!current) return;
    const below = Math.min(current.offsetHeight * 3, scroll.clientHeight / 2); // room for what comes next
    scroll.scrollTop = Math.max(0, current.offsetTop + current.offsetHeight + below - scroll.clientHeight);
  }

  /** @param {Scene} now */
  function draw(now) {
    const ms = performance.now();
    scene = now;
    const stamp = `${now.t_ns} ${now.version}`;
    if (signature && stamp === drawn) return;
    const wait_ms = PAUSE_MS - (ms - drawn_ms);
    if (signature && now.playing && wait_ms > 0) {
      // who follows a run may not be drawn again until more has come
      later ||= window.setTimeout(() => {
        later = 0;
        if (scene) draw(scene);
      }, wait_ms);
      return;
    }
    drawn_ms = ms;
    drawn = stamp;
    render(now);
  }

  return { draw, destroy: () => window.clearTimeout(later) };
}

// Screen state ⇄ URL query string: parse, serialize, and keep the address bar in step (the only part that touches the page).

import { SLOWEST } from "../engine/player.js";

/**
 * @typedef {object} UrlState
 * @property {string | null} preset of the recording on screen
 * @property {string | null} run
 * @property {number | null} t_ns `t`
 * @property {[number, number] | "all" | null} view visible window in ns, `view=from-to`, or all of the log
 * @property {number | null} speed of real time, from 0.0001 to 1
 * @property {number | "none" | null} task the selected one; `none`: not even the one that the step selects
 * @property {string | null} guess
 * @property {string | null} step id of the step of the text
 * @property {"task" | "core" | null} lanes how the lanes are folded
 * @property {string | null} key of the run, from `#key=`
 */

const TOKEN = /^[A-Za-z0-9_-]{1,64}$/;

/** @param {string | null} text @param {RegExp} shape */
function matching(text, shape = TOKEN) {
  return text !== null && shape.test(text) ? text : null;
}

/** @param {string | null} text */
function parseInteger(text) {
  const number = matching(text, /^\d{1,15}$/);
  return number === null ? null : Number(number);
}

/** @param {string | null} text @returns {UrlState["view"]} */
function parseWindow(text) {
  if (text === "all") return text;
  const [, from, to] = /^(\d{1,15})-(\d{1,15})$/.exec(text ?? "") ?? [];
  return Number(to) > Number(from) ? [Number(from), Number(to)] : null;
}

/** Parses query and fragment; a malformed parameter counts as absent.
 * @param {string} search @param {string} [hash] @returns {UrlState} */
export function parseUrlState(search, hash = "") {
  const query = new URLSearchParams(search);
  const speed = Number(matching(query.get("speed"), /^[0-9.]{1,8}$/) ?? NaN);
  return {
    preset: matching(query.get("preset")),
    run: matching(query.get("run")),
    t_ns: parseInteger(query.get("t")),
    view: parseWindow(query.get("view")),
    speed: speed >= SLOWEST && speed <= 1 ? speed : null,
    task: query.get("task") === "none" ? "none" : parseInteger(query.get("task")),
    guess: matching(query.get("guess")),
    step: matching(query.get("step")),
    lanes: /** @type {"task" | "core" | null} */ (matching(query.get("lanes"), /^(task|core)$/)),
    key: matching(new URLSearchParams(hash.replace(/^#/, "")).get("key"), /^[A-Za-z0-9_-]{1,128}$/),
  };
}

/** Whether an address lifts the veil of the question: by a guess, a later step, an instant. server/web/screen.py, `asked_of`, says
 * the same of a page of the server. @param {string} search @param {Pick<import("../types").Page, "answers" | "scenes">} page */
export function veilLifts(search, { answers, scenes }) {
  const { guess, step, t_ns, view, task } = parseUrlState(search);
  const later = scenes.slice(1).some((scene) => scene.step === step);
  return later || t_ns !== null || view !== null || task !== null || ["skip", ...answers].includes(guess ?? "");
}

/** The query for this screen; what is null leaves it, parameters that are not ours stay.
 * @param {string} search the query as it is @param {Partial<Omit<UrlState, "key">>} screen @returns {string} */
export function serializeUrlState(search, screen) {
  const query = new URLSearchParams(search);
  const { t_ns, view, speed, task, ...words } = screen;
  /** @type {[string, string | null | undefined][]} */
  const params = [
    ...Object.entries(words),
    ["t", t_ns === undefined || t_ns === null ? t_ns : String(Math.floor(t_ns))], // no event more than on screen
    ["view", Array.isArray(view) ? view.map(Math.round).join("-") : view],
    ["speed", speed === undefined || speed === null ? speed : String(Number(speed.toPrecision(3)))],
    ["task", task === undefined || task === null ? task : String(task)],
  ];
  for (const [name, text] of params) {
    if (text === null) query.delete(name);
    else if (text !== undefined) query.set(name, text);
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}

const REPLACE_STATE_INTERVAL_MS = 500; // browsers allow about a hundred changes of the address in half a minute

/** Keeps the address bar in step with the screen, not more often than every PAUSE_MS, and never adds to the history;
 * whoever shares the screen (event `timeslice:share`) has the address of this very moment.
 * @param {() => Partial<Omit<UrlState, "key">> | null} screen null while the address names what is not on screen yet
 * @returns {() => void} to be called when the screen changed */
export function createAddressBarSync(screen) {
  let pending = false;
  const write = () => {
    const now = screen();
    if (now) replaceAddress(serializeUrlState(location.search, now));
  };
  document.addEventListener("timeslice:share", write);
  return () => {
    if (pending) return;
    pending = true;
    setTimeout(() => {
      pending = false;
      write();
    }, REPLACE_STATE_INTERVAL_MS);
  };
}

/** @param {string} search */
function replaceAddress(search) {
  if (search === location.search) return;
  try {
    history.replaceState(history.state, "", `${location.pathname}${search}${location.hash}`);
  } catch {
    /* a document without an address of its own (file:, sandbox) keeps the one it has */
  }
}

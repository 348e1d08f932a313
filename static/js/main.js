// Wires a lesson's page: where entries come from (a recording, a run's stream) and where the reader's commands go.

import { Log } from "./engine/log.js";
import { bindDisclosures } from "./page/disclosures.js";
import { bindKeyboard } from "./page/keyboard.js";
import { bindPresentButton } from "./page/load_presentation.js";
import { createTranslator, loadRemainingLabels, readPage, veiled } from "./page/page.js";
import { createScreen } from "./page/screen.js";
import { StartForm } from "./page/start_form.js";
import { StatusLine } from "./page/status_line.js";
import { parseUrlState } from "./page/url_state.js";
import { write } from "./plot/svg.js";
import { begin as beginStory } from "./story/begin.js";
import { Director } from "./story/director.js";
import { LogCache, recordingUrl } from "./story/log_cache.js";

/** @typedef {{ id: string, key: string, events: string, log: string }} Run */

const page = readPage();
const say = createTranslator(page.labels);
const place = parseUrlState(location.search, location.hash);
if (!page.answers.includes(place.guess ?? "")) place.guess = null; // "skip", or nothing of ours
const status = new StatusLine(say);
/** @type {Run | null} */
let run = null;
/** @type {{ close(): void } | null} */
let stream = null;
/** What became of the newest run that was asked for here. @type {"none" | "asked" | "live" | "over"} */
let latest = "none";
const screen = await createScreen(page, say, new Log(), place, take);
const startForm = new StartForm(page, say, {
  onRequest: () => {
    latest = "asked";
    status.announce("status.starting");
  },
  onResponse: readFragment,
  openOutsideFrame,
  onUnreachable: () => status.announce("error.offline"),
});
const shelf = new LogCache((preset) => recordingUrl(page, preset));
const director = new Director(page, screen, shelf, status);

/** Follows a run to its end; until its first entry comes, as in the queue, what was on screen stays.
 * @param {Run} next @param {boolean} placed as the address says */
async function attach(next, placed) {
  stream?.close();
  run = next;
  const { storedKey, openStream, RunStatus } = await startForm.live();
  const progress = new RunStatus(status, say);
  if (run !== next) return;
  next.key = storedKey(next);
  let begun = false;
  const log = new Log();
  const held = { log, preset: page.preset, id: next.id, whole: true, own: next.key !== "" };
  const begin = () => {
    begun = true;
    latest = "live";
    log.clear();
    shelf.setOwnRun(held);
    director.show(held, placed);
    screen.syncAddress();
  };
  offerControls(next);
  stream = openStream(next, {
    clear: begin,
    entries(first, entries) {
      if (!begun) begin();
      log.add(first, entries);
      if (!log.ended) progress.showRunning();
      screen.onLogGrown();
    },
    end(note) {
      if (!begun) begin();
      log.close();
      latest = "over";
      screen.onLogGrown();
      if (!placed) director.ended(held);
      progress.showEnded(log.history.atEnd(), note);
    },
    queued: (waiting) => progress.showQueued(waiting),
    state(state) {
      if (state === "gone") status.announce("error.gone");
      if (state === "lost" && !(begun && log.ended)) status.announce("status.lost");
      if (state === "open" && begun && !log.ended) progress.showRunning();
    },
  });
}

/** Whoever holds the key may act on the run and stop it, whoever has joined it may leave. @param {Run} it */
function offerControls(it) {
  const joined = document.querySelector("#run [data-joined]") !== null;
  if (it.key) document.querySelector("#run .actions")?.removeAttribute("hidden");
  if (it.key || joined) document.querySelector("#run [data-stop]")?.removeAttribute("hidden");
}

/** Shows what was recorded before, at the step's picture, until a run takes its place. */
async function play() {
  try {
    await shelf.takeOwn(page);
    const held = shelf.runOf(page.preset) ?? (await shelf.recording(page.preset));
    if (run || !held) return;
    if (veiled() || !(await director.open(place))) director.show(held, true);
    if (veiled()) await director.ask();
    if (!held.whole) status.announce("status.damaged");
  } catch {
    if (!run) status.announce("status.unplayable");
  }
}

/** Attaches the run that the fragment names, once the server has answered. */
function readFragment() {
  const { run: id, key = "", events, log: lines } = document.getElementById("run")?.dataset ?? {};
  if (!id || !events || id === run?.id) {
    if (id && run) offerControls(run); // a second press keeps the place
    return status.retract("status.starting");
  }
  void attach({ id, key, events, log: lines ?? events.replace(/events$/, "log") }, false);
}

/** @param {string | null} action null stops the run @param {string} [text] */
async function take(action, text) {
  if (!run) return;
  const { requestRunAction, RunStatus } = await startForm.live();
  const refused = await requestRunAction(page.root, run, action, text);
  if (refused) return status.announce(refused.error, refused.slots);
  if (action !== null || run.key) return;
  stream?.close(); // it goes on for the others
  new RunStatus(status, say).showLeft();
}

/** Brings what the Embed dialog offers; it is open by then, and its snippet can be copied without. */
async function choicesOfEmbed() {
  const [{ fillEmbedDialog }] = await Promise.all([import("./page/embed_dialog.js"), loadRemainingLabels(page)]);
  fillEmbedDialog(page, say, screen.player.t_ns);
}

/** A frame without an origin may start nothing: the lesson opens in a tab, and where the sandbox forbids that too, the
 *  sentence says where it is. */
function openOutsideFrame() {
  window.open(lessonAddress(), "_blank", "noopener");
  status.announce("error.framed", { address: lessonAddress() });
}

/** The lesson an embed shows, as a page of its own. */
function lessonAddress() {
  const link = document.querySelector(".ask h1 a");
  return link instanceof HTMLAnchorElement ? link.href : `${page.root}/${page.lang}/lessons/${page.slug}`;
}

/** @param {MouseEvent} event */
function click(event) {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  if (!button) return;
  if (button.dataset.stop !== undefined) take(null);
  const action = button.dataset.action;
  if (!action) return;
  const input = document.querySelector(`[data-text="${CSS.escape(action)}"]`);
  take(action, input instanceof HTMLInputElement ? input.value : undefined);
}

document.addEventListener("click", click);
document.querySelector('[data-open="embed"]')?.addEventListener("click", () => void choicesOfEmbed());
document.addEventListener("input", ({ target }) => {
  // a slider says its value as it moves
  if (target instanceof HTMLInputElement && target.type === "range" && target.nextElementSibling)
    write(target.nextElementSibling, target.value);
});
const present = bindPresentButton({ page, screen, director, take, latest: () => latest });
bindKeyboard((name) => (name === "present" ? present("1") : screen.press(name)));
beginStory(page, screen, director);
if (parent !== window) {
  const { linkToHost } = await import("./embed/host_link.js");
  const steps = page.scenes.map((scene) => scene.step);
  linkToHost(screen, steps);
}
bindDisclosures(startForm, screen.redraw);

if (page.run) void attach({ ...page.run, key: page.run.key ?? place.key ?? "" }, true);
else if (page.recording) await play();
const query = new URLSearchParams(location.search);
if (page.embed && ["1", ""].includes(query.get("autoplay") ?? "no")) director.play();
present(query.get("present"));
await screen.views.open(screen.redraw);
requestAnimationFrame(() => {
  document.documentElement.dataset.ready = ""; // the first picture stands: screenshots and tests wait for this
  screen.redraw(); // what the server has shown stays until then, and is judged once more
});

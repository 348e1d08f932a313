// What is on screen now: player, guess and log made one scene, drawn once a frame; wishes become moves. It fetches nothing.

import { createClock } from "../engine/clock.js";
import { command } from "../engine/commands.js";
import { createPlayer, move } from "../engine/player.js";
import { createScale } from "../engine/scale.js";
import { keepAddress } from "./address.js";
import { createControls } from "./controls.js";
import { createDraw } from "./draw.js";
import { element } from "./page.js";
import { createPictures } from "./pictures.js";
import { ProofBadge } from "./proof.js";
import { attest, caption, fill, judge } from "./values.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("../types").Intent} Intent */
/** @typedef {import("../engine/player.js").Action} Action */
/** @typedef {{ id: string | null, recorded: boolean, live: boolean }} Shown what the log on screen is */

const MOVES_WINDOW = new Set(["zoom-in", "zoom-out", "pan-left", "pan-right"]);
const REDUCED_MS = 334; // with reduced motion, playing shows at most three pictures a second

/** @param {import("../types").Page} page @param {import("../types").Say} say @param {import("../engine/log.js").Log} log
 *  @param {import("./address.js").Address} place @param {(action: string, text?: string) => void} take */
export async function createScreen(page, say, log, place, take) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const badge = document.getElementById("proof");
  const dialog = element("evidence", HTMLDialogElement);
  const proof = badge && dialog ? new ProofBadge(badge, dialog, say) : null;
  let player = createPlayer({ reduced: still.matches });
  /** @type {Shown} */
  let shown = { id: null, recorded: false, live: false };
  let waiting = true; // the place that the address or the lesson names has not been gone to yet
  let drawn_ms = -Infinity;
  let guess = place.guess;
  let lanes = place.lanes ?? "task";
  /** @type {string | undefined} */
  let step; // where the text stands; whoever turns it says so

  const redraw = createDraw(draw);
  const keep = keepAddress(() => ({
    run: shown.id,
    guess,
    step,
    lanes: lanes === "task" ? null : lanes,
    task: player.selected,
    speed: player.speed,
    t_ns: player.follow ? null : player.t_ns,
    view: player.fit ? null : [player.from_ns, player.to_ns],
  }));
  const remember = () => waiting || keep(); // an address that has not been gone to yet is not written over
  const controls = createControls(say, press, (t_ns) => ask({ do: "seek", t_ns }));
  const pictures = await createPictures(page, say, ask, redraw);
  still.addEventListener("change", () => apply({ do: "reduced", reduced: still.matches }));

  /** @param {Action} action */
  function apply(action) {
    player = move(player, action);
    redraw();
  }

  /** A wish of the reader, from a view, the toolbar or a key. @param {Intent | Action} wish */
  function ask(wish) {
    if (wish.do === "evidence") return void proof?.open(wish.position);
    if (wish.do === "action") return take(wish.action, wish.text);
    if (wish.do === "answer") pick(wish.answer);
    else if (wish.do === "fold") fold(wish.lanes);
    else {
      waiting = false;
      apply(wish);
    }
    if (!player.playing) remember();
  }

  /** A button or a key by its name. @param {string} name */
  function press(name) {
    if (name === "help") return element("help", HTMLDialogElement)?.showModal();
    if (name === "projector") return project();
    const seen = MOVES_WINDOW.has(name) ? pictures.shown() : null;
    if (seen) player = move(player, { do: "show", ...seen }); // what moves is what is seen
    const wish = command(name, player, log.tracks);
    if (wish) ask(wish);
  }

  /** @param {"task" | "core"} wanted */
  function fold(wanted) {
    lanes = wanted;
    redraw();
  }

  /** Larger text for the back row, or back again. */
  function project() {
    const on = document.documentElement.classList.toggle("projector");
    document.getElementById("projector")?.setAttribute("aria-pressed", String(on));
    redraw();
  }

  /** @returns {Scene} */
  function compose() {
    const { t_ns, end_ns, playing, follow, speed, selected, loop, reduced } = player;
    const last = log.history.last();
    return {
      world: log.history.seek(t_ns),
      last,
      tracks: log.tracks,
      recorded: shown.recorded,
      scale: createScale(player.from_ns, player.to_ns, pictures.width()),
      t_ns,
      end_ns,
      live: shown.live && !log.ended,
      playing: playing || follow,
      speed,
      selected,
      loop,
      guess,
      lanes,
      reduced,
      version: log.version,
      projector: document.documentElement.classList.contains("projector"),
      ...createClock(last, say, page.labels, page.views.includes("calls")),
    };
  }

  /** @param {number} now_ms */
  function draw(now_ms) {
    const before = player.playing;
    player = move(player, { do: "tick", now_ms });
    if (player.reduced && (player.playing || player.follow) && now_ms - drawn_ms < REDUCED_MS) return true;
    drawn_ms = now_ms;
    const scene = compose();
    pictures.draw(scene);
    controls.update(scene, player, now_ms);
    proof?.draw(scene);
    fill(scene, say);
    if (shown.live) attest(scene, say);
    judge(scene, page.right);
    caption(scene, page.labels, say);
    if (before && !player.playing) remember();
    return player.playing;
  }

  /** Goes to the place that the address names, else to the lesson's opening, else a recording's beginning, else stays. */
  function settle() {
    waiting = false;
    const opening = shown.recorded ? page.opening : null;
    const [from_ns, to_ns] = place.view ?? [opening?.from_ns ?? null, opening?.to_ns ?? null];
    const t_ns = place.t_ns ?? opening?.t_ns ?? (shown.recorded ? 0 : null);
    const speed = place.speed ?? opening?.speed ?? null;
    if (speed !== null) apply({ do: "speed", speed });
    if (t_ns !== null) apply({ do: "seek", t_ns });
    if (from_ns !== null && to_ns !== null) apply({ do: "show", from_ns, to_ns });
    if (place.task !== null) apply({ do: "select", task: place.task });
  }

  /** @param {string} answer */
  function pick(answer) {
    guess = answer;
    for (const box of document.querySelectorAll('input[name="guess"]')) {
      if (box instanceof HTMLInputElement) box.checked = box.value === answer;
    }
    redraw();
  }

  document.addEventListener("timeslice:step", (event) => {
    step = event instanceof CustomEvent ? event.detail.id : step;
    remember();
  });
  if (guess) pick(guess);
  return {
    ask,
    press,
    redraw,
    remember,

    /** Another log begins: the playhead follows its live end. @param {Shown} next @param {boolean} placed whether the
     *  place in the address is meant for it */
    begin(next, placed) {
      shown = next;
      waiting = placed;
      apply({ do: "reset" });
      apply({ do: "grew", end_ns: 0, ended: false });
      apply({ do: "live" });
    },

    /** Entries came, or the last of them did. */
    grown() {
      apply({ do: "grew", end_ns: log.end_ns, ended: log.ended });
      if (waiting && (log.ended || (place.t_ns !== null && place.t_ns <= log.end_ns))) settle();
    },
  };
}

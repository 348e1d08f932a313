// CPU contention: shows what share of the cores other programs took during the run, and offers the recording if too much.
import { valueKey } from "../engine/world.js";
import { write } from "../plot/svg.js";
import { formatValue } from "./server_text.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("../types").Say} Say */

/** Share of CPU time that other programs took (`others_share`) in the trial at the playhead, else in the run; null
 * before it is measured.
 * @param {Pick<Scene, "last" | "t_ns">} scene */
export function contentionAt({ last, t_ns }) {
  const trial = last.trials.findLast((each) => each.from_ns <= t_ns)?.trial;
  return last.values.get(valueKey("others_share", trial)) ?? last.values.get("others_share") ?? null;
}

/** Whether the reader's own run was disturbed so much that a recording shows the lesson better.
 * @param {Pick<Scene, "last" | "recorded">} scene */
export function hasContendedTrial({ last, recorded }) {
  return !recorded && (last.values.get("busy_trials")?.value ?? 0) > 0;
}

/** @param {Scene} scene @param {Pick<import("../types").Page, "recording">} page @param {Say} say */
export function updateContention(scene, page, say) {
  const line = document.getElementById("others");
  const share = contentionAt(scene);
  if (line) {
    line.hidden = share === null;
    const [words, bar] = [line.querySelector("span"), line.querySelector("meter")];
    if (share && words) write(words, say("others.share", { share: formatValue(share, say) }));
    if (share && bar) bar.value = share.value;
  }
  const notice = document.getElementById("too-busy");
  if (notice) updateBusyNotice(notice, scene, page.recording !== null);
}

/** Offers the recording, where there is one; "keep this run" puts the notice away for the run on screen.
 * @param {HTMLElement} notice @param {Scene} scene @param {boolean} recording */
function updateBusyNotice(notice, scene, recording) {
  const run = scene.last.run?.recorded_at ?? "";
  notice.hidden = !hasContendedTrial(scene) || notice.dataset.kept === run;
  const [link, keep] = [notice.querySelector("a"), notice.querySelector("button")];
  if (link) link.hidden = !recording;
  if (!keep) return;
  keep.onclick = () => {
    notice.dataset.kept = run;
    notice.hidden = true;
  };
}

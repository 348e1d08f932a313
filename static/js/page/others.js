// Says how much of the cores others had, under the picture, and offers the recording where the machine is too busy.
import { valueKey } from "../engine/world.js";
import { write } from "../plot/svg.js";
import { number } from "./values.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("../types").Say} Say */

/** The share of the trial at the playhead as it was measured, else the run's; null before it is known.
 * @param {Pick<Scene, "last" | "t_ns">} scene */
export function shareAt({ last, t_ns }) {
  const trial = last.trials.findLast((each) => each.from_ns <= t_ns)?.trial;
  return last.values.get(valueKey("others_share", trial)) ?? last.values.get("others_share") ?? null;
}

/** Whether the reader's own run was disturbed so much that a recording shows the lesson better.
 * @param {Pick<Scene, "last" | "recorded">} scene */
export function tooBusy({ last, recorded }) {
  return !recorded && (last.values.get("busy_trials")?.value ?? 0) > 0;
}

/** @param {Scene} scene @param {Pick<import("../types").Page, "recording">} page @param {Say} say */
export function updateOthers(scene, page, say) {
  const line = document.getElementById("others");
  const share = shareAt(scene);
  if (line) {
    line.hidden = share === null;
    const [words, bar] = [line.querySelector("span"), line.querySelector("meter")];
    if (share && words) write(words, say("others.share", { share: number(share, say) }));
    if (share && bar) bar.value = share.value;
  }
  const notice = document.getElementById("too-busy");
  if (notice) offer(notice, scene, page.recording !== null);
}

/** Offers the recording, where there is one; "keep this run" puts the notice away for the run on screen.
 * @param {HTMLElement} notice @param {Scene} scene @param {boolean} recording */
function offer(notice, scene, recording) {
  const run = scene.last.run?.recorded_at ?? "";
  notice.hidden = !tooBusy(scene) || notice.dataset.kept === run;
  const [link, keep] = [notice.querySelector("a"), notice.querySelector("button")];
  if (link) link.hidden = !recording;
  if (!keep) return;
  keep.onclick = () => {
    notice.dataset.kept = run;
    notice.hidden = true;
  };
}

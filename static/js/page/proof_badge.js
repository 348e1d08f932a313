// The proof badge, and the dialog it opens: whether every record agrees with the kernel's own counters.
import { set, write } from "../plot/svg.js";
import { badgeText, proofResult, sumCounters } from "./proof_counters.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("../types").Say} Say */

export class ProofBadge {
  #badge;
  #dialog;
  #say;
  #loadLabels;
  /** @type {Scene | null} */
  #scene = null;
  #version = -1;
  /** @type {import("./proof_counters.js").ProofResult} */
  #checked = { proofs: [], verdict: null };

  /** @param {HTMLElement} badge #proof @param {HTMLDialogElement} dialog #evidence @param {Say} say
   * @param {() => Promise<void>} loadLabels those that only the dialog says */
  constructor(badge, dialog, say, loadLabels) {
    this.#badge = badge;
    this.#dialog = dialog;
    this.#say = say;
    this.#loadLabels = loadLabels;
    badge.addEventListener("click", () => void this.open(null));
  }

  /** @param {Scene} scene */
  draw(scene) {
    this.#scene = scene;
    if (scene.version !== this.#version) this.#checked = proofResult(scene);
    this.#version = scene.version;
    const { proofs, verdict } = this.#checked;
    set(this.#badge, { "data-verdict": verdict?.verdict ?? "pending" });
    write(this.#badge, badgeText(verdict, sumCounters(proofs), this.#say));
  }

  /** Shows the dialog, with the record at a position of the log if there is one; its contents are fetched then.
   * @param {number | null} position */
  async open(position) {
    if (!this.#scene) return;
    if (!this.#dialog.open) this.#dialog.showModal();
    const host = this.#dialog.querySelector("#evidence-body") ?? this.#dialog;
    try {
      const [{ evidence }] = await Promise.all([import("./evidence.js"), this.#loadLabels()]);
      host.replaceChildren(...evidence(this.#scene, this.#checked.proofs, position, this.#say));
    } catch {
      write(host, this.#say("error.offline"));
    }
  }
}

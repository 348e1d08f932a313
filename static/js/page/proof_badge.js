// The proof badge, and the dialog it opens: whether every record agrees with the kernel's own counters.
import { html, set, write } from "../plot/svg.js";
import { counterTable, findRecord, recordDetails } from "./evidence.js";
import { badgeText, proofResult, sumCounters } from "./proof_counters.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("../types").Say} Say */

export class ProofBadge {
  #badge;
  #dialog;
  #say;
  #raw = html("section", { class: "evidence-raw", hidden: true });
  #facts = html("div", { class: "evidence-facts" });
  #table;
  /** @type {Scene | null} */
  #scene = null;
  #version = -1;
  /** @type {import("./proof_counters.js").ProofResult} */
  #checked = { proofs: [], verdict: null };

  /** @param {HTMLElement} badge #proof @param {HTMLDialogElement} dialog #evidence @param {Say} say */
  constructor(badge, dialog, say) {
    this.#badge = badge;
    this.#dialog = dialog;
    this.#say = say;
    const attributes = { class: "evidence-table", tabindex: "0", role: "group", "aria-label": say("evidence.title") };
    this.#table = html("div", attributes);
    const host = dialog.querySelector("#evidence-body") ?? dialog;
    host.replaceChildren(this.#raw, this.#facts, this.#table);
    badge.addEventListener("click", () => this.open(null));
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

  /** Shows the dialog, with the record at a position of the log if there is one. @param {number | null} position */
  open(position) {
    if (!this.#scene) return;
    this.#fill(this.#scene);
    const found = position === null ? null : findRecord(this.#scene.tracks, position);
    this.#raw.hidden = !found;
    if (found) this.#raw.replaceChildren(...recordDetails(found, this.#scene.last, this.#say));
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** @param {Scene} scene */
  #fill(scene) {
    const say = this.#say;
    const { run, tier } = scene.world;
    const { proofs } = this.#checked;
    const lines = [say("evidence.intro")];
    if (!proofs.length) lines.push(say("evidence.pending"));
    if (tier) lines.push(say("evidence.tier", { tier: say(`tier.${tier}`) }));
    lines.push(say("evidence.lost", { count: scene.last.lost }));
    if (run) {
      lines.push(say("evidence.recorded", { at: run.recorded_at, machine: run.machine ?? run.kernel }));
      lines.push(say("proof.machine", { kernel: run.kernel, python: run.python }));
    }
    this.#facts.replaceChildren(...lines.map((line) => html("p", {}, line)));
    this.#table.hidden = !proofs.length;
    this.#table.replaceChildren(counterTable(proofs, scene, say));
  }
}

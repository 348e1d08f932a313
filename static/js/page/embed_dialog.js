// The Embed dialog with its preview, fetched when it is opened: what is chosen is in the snippet at once.
import "./shared_chunk.js";
import { html } from "../plot/svg.js";
import { EmbedChoices } from "./embed_choices.js";
import { elementSnippet, embedPath, iframeSnippet } from "./embed_snippet.js";

/** @typedef {import("../types").Page} Page @typedef {import("../types").Say} Say */

const FIRST_HEIGHT_PX = 480; // of the element, until the embed says its own
const LESSON_PATH = /[a-z]+\/lessons\/[^/]+\/?$/;

/** @type {EmbedDialog | null} */
let made = null;

/** Fills the dialog, which is open, and shows what is chosen in it. @param {Page} page @param {Say} say
 * @param {number} t_ns the instant on screen */
export function fillEmbedDialog(page, say, t_ns) {
  const dialog = document.getElementById("embed");
  if (!(dialog instanceof HTMLDialogElement)) return;
  made ??= new EmbedDialog(dialog, page, say);
  made.fill(t_ns);
}

class EmbedDialog {
  #dialog;
  #say;
  #snippet;
  #lesson;
  #choices;
  #host = html("div", { class: "embed-frame" });
  #shown = "";
  #hear = (/** @type {MessageEvent} */ event) => this.#resize(event);

  /** @param {HTMLDialogElement} dialog @param {Page} page @param {Say} say */
  constructor(dialog, page, say) {
    this.#dialog = dialog;
    this.#say = say;
    const text = dialog.querySelector("textarea");
    if (!text) throw new Error("the Embed dialog has no snippet");
    this.#snippet = text;
    this.#lesson = { snippet: text.value, titles: JSON.parse(text.dataset.titles ?? "{}") };
    this.#choices = new EmbedChoices(page, say, text.value, (settled) => this.#update(settled));
    const caption = html("figcaption", { class: "quiet" }, say("embed.preview"));
    const preview = html("figure", {}, caption, this.#host);
    const given = [...dialog.querySelectorAll(":scope > label, :scope > [data-copy]")];
    const chosen = html("div", {}, this.#choices.form, ...given);
    dialog.append(html("div", { class: "embed-parts" }, chosen, preview));
    dialog.addEventListener("close", () => this.#leave());
  }

  /** @param {number} t_ns the instant on screen */
  fill(t_ns) {
    this.#choices.refresh(t_ns);
    addEventListener("message", this.#hear);
    this.#update(true);
  }

  #leave() {
    removeEventListener("message", this.#hear);
    this.#host.replaceChildren(); // it may be playing
    this.#shown = "";
  }

  /** @param {boolean} preview whether the preview shows it, too */
  #update(preview) {
    const { wanted, size } = this.#choices;
    this.#snippet.value = size ? iframeSnippet(this.#lesson, wanted, size) : elementSnippet(this.#lesson, wanted);
    if (preview) this.#preview(wanted, size);
  }

  /** Shows the embed in a new frame: another address in the same frame would be one more page to go back from.
   * @param {import("./embed_snippet.js").Wanted} wanted @param {{ width: number, height: number } | null} size */
  #preview(wanted, size) {
    const path = location.pathname.replace(LESSON_PATH, "") + embedPath(this.#lesson, wanted);
    const shown = `${path} ${size?.width} ${size?.height}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    const frame = html("iframe", { src: path, title: this.#say("embed.preview"), "data-auto": size === null });
    this.#host.replaceChildren(frame);
    this.#scale(frame, size ?? { width: this.#host.clientWidth, height: FIRST_HEIGHT_PX });
  }

  /** @param {HTMLElement} frame @param {{ width: number, height: number }} size in CSS pixels */
  #scale(frame, { width, height }) {
    const scale = Math.min(1, this.#host.clientWidth / width);
    Object.assign(frame.style, { width: `${width}px`, height: `${height}px`, transform: `scale(${scale})` });
    this.#host.style.height = `${Math.ceil(height * scale)}px`;
  }

  /** An element is as high as its lesson says. @param {MessageEvent} event */
  #resize({ source, data }) {
    const frame = this.#dialog.querySelector("iframe");
    if (!frame || source !== frame.contentWindow || data?.type !== "timeslice:height") return;
    if (frame.dataset.auto !== undefined && Number.isFinite(data.height))
      this.#scale(frame, { width: this.#host.clientWidth, height: data.height });
  }
}

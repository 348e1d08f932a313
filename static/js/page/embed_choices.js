// The form of the Embed dialog: what an author may choose of an embed, and what is chosen.
import { html, write } from "../plot/svg.js";

/** @typedef {import("../types").Page} Page @typedef {import("../types").Say} Say */
/** @typedef {HTMLInputElement | HTMLSelectElement} Field */

const LARGEST_PX = 4096;

export class EmbedChoices {
  form = html("form", { class: "embed-choices" });
  #page;
  #say;
  /** By name. @type {Map<string, Field>} */
  #fields = new Map();
  #instant = html("span", {});
  #t_ns = 0;

  /** @param {Page} page @param {Say} say @param {string} snippet with the size that is offered at first
   * @param {(settled: boolean) => void} onChange `settled`: not while something is being typed */
  constructor(page, say, snippet, onChange) {
    this.#page = page;
    this.#say = say;
    this.#build(snippet);
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", () => onChange(false));
    this.form.addEventListener("change", ({ target }) => {
      if (target === this.#fields.get("instant") && this.#ticked("instant")) this.#takeScreen();
      onChange(true);
    });
  }

  /** @param {string} snippet */
  #build(snippet) {
    const say = this.#say;
    const presets = Object.keys(this.#page.presets).map((name) => [name, say(`preset.${name}`)]);
    const steps = [...document.querySelectorAll(".step")].map((step) => [
      step.id,
      step.querySelector("h2")?.textContent ?? step.id,
    ]);
    const opens = ["", say("embed.opens")];
    if (presets.length > 1) this.#select("preset", [opens, ...presets]);
    this.#select("step", [opens, ...steps]);
    this.#check("instant", this.#instant);
    this.#check("skip", say("embed.skip"));
    this.#check("autoplay", say("embed.autoplay"));
    this.#select("controls", this.#named("controls", ["", "minimal", "none"], "full"));
    this.#select("theme", this.#named("theme", ["", "light", "dark"], "auto"));
    this.#select("lang", this.#named("lang", ["en", "zh"], ""), this.#page.lang);
    this.#select("as", this.#named("as", ["iframe", "element"], ""));
    const [, width = "", height = ""] = /width="(\d+)" height="(\d+)"/.exec(snippet) ?? [];
    this.#number("width", width);
    this.#number("height", height);
  }

  /** Options of a choice; "" has the word of what an absent parameter means.
   * @param {string} name @param {string[]} values @param {string} absent */
  #named(name, values, absent) {
    return values.map((value) => [value, this.#say(`embed.${name}.${value || absent}`)]);
  }

  /** @param {string} name @param {string[][]} options value and words @param {string} [value] */
  #select(name, options, value = "") {
    const field = html("select", { name }, ...options.map(([key, words]) => html("option", { value: key }, words)));
    if (value) field.value = value;
    this.#add(name, field, html("label", {}, this.#say(`embed.${name}`), field));
  }

  /** @param {string} name @param {string | Node} words */
  #check(name, words) {
    const field = html("input", { type: "checkbox", name });
    this.#add(name, field, html("label", { class: "check" }, field, words));
  }

  /** @param {string} name @param {string} value */
  #number(name, value) {
    const field = html("input", { type: "number", name, value, min: 1, max: LARGEST_PX, inputmode: "numeric" });
    this.#add(name, field, html("label", {}, this.#say(`embed.${name}`), field));
  }

  /** @param {string} name @param {Field} field @param {HTMLElement} label */
  #add(name, field, label) {
    this.#fields.set(name, field);
    this.form.append(label);
  }

  /** The instant that is offered is that of a recording: a run is not kept as long as a course. @param {number} t_ns on screen */
  refresh(t_ns) {
    this.#t_ns = t_ns;
    const clock = document.getElementById("clock")?.textContent ?? "";
    write(this.#instant, this.#say("embed.instant", { clock }));
    const run = new URLSearchParams(location.search).has("run");
    const field = this.#fields.get("instant");
    field?.closest("label")?.toggleAttribute("hidden", run);
    if (run && field instanceof HTMLInputElement) field.checked = false;
  }

  /** An instant is one of the log on screen. */
  #takeScreen() {
    const { step = "" } = document.documentElement.dataset;
    for (const [name, value] of [
      ["preset", this.#page.preset],
      ["step", step],
    ]) {
      const field = this.#fields.get(name);
      if (field) field.value = value;
    }
  }

  /** @param {string} name */
  #ticked(name) {
    const field = this.#fields.get(name);
    return field instanceof HTMLInputElement && field.checked;
  }

  /** @param {string} name */
  #value(name) {
    return this.#fields.get(name)?.value || null;
  }

  /** @returns {import("./embed_snippet.js").Wanted} */
  get wanted() {
    return {
      lang: this.#value("lang") ?? this.#page.lang,
      preset: this.#value("preset"),
      step: this.#value("step"),
      t: this.#ticked("instant") ? String(Math.round(this.#t_ns)) : null,
      theme: this.#value("theme"),
      controls: this.#value("controls"),
      autoplay: this.#ticked("autoplay"),
      skip: this.#ticked("skip"),
    };
  }

  /** The size of the frame; null: the element, which is as high as its lesson. */
  get size() {
    const element = this.#value("as") === "element";
    for (const name of ["width", "height"])
      this.#fields.get(name)?.closest("label")?.toggleAttribute("hidden", element);
    return element ? null : { width: this.#px("width"), height: this.#px("height") };
  }

  /** @param {string} name */
  #px(name) {
    return Math.min(LARGEST_PX, Math.max(1, Math.round(Number(this.#value(name)) || 1)));
  }
}

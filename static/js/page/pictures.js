// The views of a page: loads their modules, hands every one the same scene, measures where the time axis lies.
import { element } from "./page.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("../types").View} View */
/** @typedef {import("../types").Page} Page */
/** @typedef {{ create: import("../types").Create }} Module */

const FALLBACK_PX = 800;

/** Modules of views that came in one file with this one. @type {Map<string, Module>} */
const brought = new Map();

/** A bundle says which views it brings along, before main begins. @param {Record<string, Module>} modules */
export function bring(modules) {
  for (const [name, module] of Object.entries(modules)) brought.set(name, module);
}

/** @param {string} name @returns {Promise<Module>} */
async function fetched(name) {
  return brought.get(name) ?? import(`../views/${name}/view.js`);
}

/** @typedef {(intent: import("../types").Intent) => void} Ask */

export class Pictures {
  #hosts = [...document.querySelectorAll("[data-view]")].filter((host) => host instanceof HTMLElement);
  /** @type {View[]} */
  #views = [];
  /** By view: the version of the log it failed at. @type {Map<View, number>} */
  #failed = new Map();

  /** Loads the views; one that fails takes no other with it.
   * @param {Page} page @param {import("../types").Say} say @param {Ask} ask @param {(name: string) => Promise<Module>} [load] */
  async load(page, say, ask, load = fetched) {
    const loading = this.#hosts.map(async (host) => {
      const { create } = await load(host.dataset.view ?? "");
      this.#views.push(create(host, say, ask, page));
    });
    for (const result of await Promise.allSettled(loading))
      if (result.status === "rejected") reportError(result.reason);
  }

  /** @param {() => void} resized called when a view has another size */
  watch(resized) {
    if (!("ResizeObserver" in globalThis)) return;
    const observer = new ResizeObserver(resized);
    for (const host of this.#hosts) observer.observe(host);
  }

  /** Width of the time axis in CSS pixels. */
  width() {
    const plot = document.querySelector("[data-plot]") ?? this.#hosts[0] ?? element("stage", HTMLElement);
    return plot?.clientWidth || FALLBACK_PX;
  }

  /** The window that a view shows where it is not the scene's. */
  shown() {
    return this.#views.map((view) => view.shown?.()).find((each) => each) ?? null;
  }

  /** @param {Scene} scene */
  draw(scene) {
    for (const view of this.#views) {
      if (this.#failed.get(view) === scene.version) continue; // it would fail again at every frame
      try {
        view.draw(scene);
      } catch (error) {
        this.#failed.set(view, scene.version);
        reportError(error);
      }
    }
  }
}

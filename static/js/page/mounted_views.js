// The views mounted on a page: loads their modules, draws the scene in each, measures the width of the time axis.
import { elementById } from "./page.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("../types").View} View */
/** @typedef {import("../types").Page} Page */
/** @typedef {{ create: import("../types").Create }} ViewModule */

const FALLBACK_PX = 800;

/** View modules that came in the same bundle. @type {Map<string, ViewModule>} */
const bundledModules = new Map();

/** A bundle registers the view modules it contains, before main.js runs. @param {Record<string, ViewModule>} modules */
export function registerBundledViews(modules) {
  for (const [name, module] of Object.entries(modules)) bundledModules.set(name, module);
}

/** @param {string} name @returns {Promise<ViewModule>} */
async function importView(name) {
  return bundledModules.get(name) ?? import(`../views/${name}/view.js`);
}

/** @typedef {(intent: import("../types").Intent) => void} IntentHandler */

export class MountedViews {
  #hosts = [...document.querySelectorAll("[data-view]")].filter((host) => host instanceof HTMLElement);
  /** @type {View[]} */
  #views = [];
  /** By view: the version of the log it failed at. @type {Map<View, number>} */
  #failed = new Map();

  /** Loads the views; one that fails takes no other with it.
   * @param {Page} page @param {import("../types").Say} say @param {IntentHandler} ask @param {(name: string) => Promise<ViewModule>} [load] */
  async load(page, say, ask, load = importView) {
    const loading = this.#hosts.map(async (host) => {
      const { create } = await load(host.dataset.view ?? "");
      this.#views.push(create(host, say, ask, page));
    });
    for (const result of await Promise.allSettled(loading))
      if (result.status === "rejected") reportError(result.reason);
  }

  /** @param {() => void} onResize called when a view has another size */
  observeResize(onResize) {
    if (!("ResizeObserver" in globalThis)) return;
    const observer = new ResizeObserver(onResize);
    for (const host of this.#hosts) observer.observe(host);
  }

  /** Width of the time axis in CSS pixels. */
  plotWidth() {
    const plot = document.querySelector("[data-plot]") ?? this.#hosts[0] ?? elementById("stage", HTMLElement);
    return plot?.clientWidth || FALLBACK_PX;
  }

  /** The window that a view shows where it is not the scene's. */
  visibleWindow() {
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

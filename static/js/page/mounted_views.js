// The views mounted on a page: loads their modules, draws the scene in each, measures the width of the time axis.
import { elementById, loadRemainingLabels } from "./page.js";

/** @typedef {import("../types").Scene} Scene */
/** @typedef {import("../types").View} View */
/** @typedef {import("../types").Page} Page */
/** @typedef {{ create: import("../types").Create }} ViewModule */

const FALLBACK_PX = 800;

/** View modules that came in the same bundle. @type {Map<string, ViewModule>} */
const bundledModules = new Map();

/** How a bundle imports the views on demand. @type {Map<string, () => Promise<ViewModule>>} */
const importers = new Map();

/** A bundle registers the view modules it contains and how it imports the others, before main.js runs.
 * @param {Record<string, ViewModule>} modules @param {Record<string, () => Promise<ViewModule>>} [onDemand] */
export function registerBundledViews(modules, onDemand = {}) {
  for (const [name, module] of Object.entries(modules)) bundledModules.set(name, module);
  for (const [name, importer] of Object.entries(onDemand)) importers.set(name, importer);
}

/** @param {string} name @returns {Promise<ViewModule>} */
async function importView(name) {
  return bundledModules.get(name) ?? importers.get(name)?.() ?? import(`../views/${name}/view.js`);
}

/** @param {HTMLElement} host */
const isShown = (host) => host.checkVisibility();

/** @typedef {(intent: import("../types").Intent) => void} IntentHandler */

export class MountedViews {
  #hosts = [...document.querySelectorAll("[data-view]")].filter((host) => host instanceof HTMLElement);
  /** @type {View[]} */
  #views = [];
  /** By view: the version of the log it failed at. @type {Map<View, number>} */
  #failed = new Map();
  #opened = 0; // frames in which a run was drawn: each of the first draws one view
  /** @type {(() => void)[]} */
  #waiting = []; // for all of them to be drawn
  /** Views that have not been shown yet, and how they are mounted. @type {Map<HTMLElement, () => Promise<void>>} */
  #later = new Map();

  /** Loads the views; one that fails takes no other with it.
   * @param {Page} page @param {import("../types").Say} say @param {IntentHandler} ask @param {(name: string) => Promise<ViewModule>} [load] */
  async load(page, say, ask, load = importView) {
    const mount = async (/** @type {HTMLElement} */ host) => {
      const { create } = await load(host.dataset.view ?? "");
      this.#views.push(create(host, say, ask, page));
    };
    const loading = this.#hosts.map((host) => {
      if (host.dataset.later === undefined) return mount(host);
      const mountLater = () => loadRemainingLabels(page).then(() => mount(host));
      if (isShown(host)) return mountLater();
      this.#later.set(host, mountLater);
      return undefined;
    });
    for (const result of await Promise.allSettled(loading))
      if (result.status === "rejected") reportError(result.reason);
  }

  /** Mounts what has not been shown yet: presenting makes room for a view before it is seen. */
  async mountAll() {
    await Promise.all([...this.#later.keys()].map((host) => this.#mountLater(host)));
  }

  /** Mounts a view: its module and the labels it says are fetched then. @param {HTMLElement} host */
  async #mountLater(host) {
    const mountLater = this.#later.get(host);
    if (!mountLater) return;
    this.#later.delete(host);
    try {
      await mountLater();
    } catch (error) {
      this.#later.set(host, mountLater); // it may be there the next time
      reportError(error);
    }
  }

  /** @param {() => void} onResize called when a view has another size, or there is another view to draw */
  #observeResize(onResize) {
    if (!("ResizeObserver" in globalThis)) return;
    const observer = new ResizeObserver((entries) => {
      onResize();
      for (const { target } of entries)
        if (target instanceof HTMLElement && this.#later.has(target) && isShown(target))
          void this.#mountLater(target).then(onResize); // it is shown for the first time
    });
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

  /** Lets the views follow their sizes; resolves when all of the page has been drawn. @param {() => void} redraw
   * @returns {Promise<void>} */
  open(redraw) {
    this.#observeResize(redraw);
    redraw();
    return this.drawn();
  }

  /** Resolves once every view has been drawn: a frame that was asked for may be one of several. @returns {Promise<void>} */
  drawn() {
    return new Promise((done) => this.#waiting.push(done));
  }

  /** A page opens by one view a frame: all at once would be a long task.
   * @param {Scene} scene @returns {boolean} whether another frame has to follow before all is drawn */
  draw(scene) {
    const next = scene.last.run ? this.#views[this.#opened++] : undefined;
    for (const view of next ? [next] : this.#views) {
      if (this.#failed.get(view) === scene.version) continue; // it would fail again at every frame
      try {
        view.draw(scene);
      } catch (error) {
        this.#failed.set(view, scene.version);
        reportError(error);
      }
    }
    if (!next) for (const done of this.#waiting.splice(0)) done();
    return next !== undefined;
  }
}

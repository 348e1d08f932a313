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

/** @param {Page} page @param {import("../types").Say} say @param {(intent: import("../types").Intent) => void} ask
 *  @param {() => void} resized @param {(name: string) => Promise<Module>} [load] */
export async function createPictures(page, say, ask, resized, load = fetched) {
  const hosts = [...document.querySelectorAll("[data-view]")].filter((host) => host instanceof HTMLElement);
  /** @type {View[]} */
  const views = [];
  /** @type {Map<View, number>} */
  const failed = new Map(); // view -> version of the log it failed at
  await Promise.all(
    hosts.map(async (host) => {
      try {
        const { create } = await load(host.dataset.view ?? "");
        views.push(create(host, say, ask, page));
      } catch (error) {
        reportError(error); // one view that fails takes no other with it
      }
    }),
  );
  if ("ResizeObserver" in globalThis) {
    const observer = new ResizeObserver(resized);
    for (const host of hosts) observer.observe(host);
  }

  return {
    /** Width of the time axis in CSS pixels. */
    width() {
      const plot = document.querySelector("[data-plot]") ?? hosts[0] ?? element("stage", HTMLElement);
      return plot?.clientWidth || FALLBACK_PX;
    },

    /** The window that a view shows where it is not the scene's. */
    shown: () => views.map((view) => view.shown?.()).find((each) => each) ?? null,

    /** @param {Scene} scene */
    draw(scene) {
      for (const view of views) {
        if (failed.get(view) === scene.version) continue; // it would fail again at every frame
        try {
          view.draw(scene);
        } catch (error) {
          failed.set(view, scene.version);
          reportError(error);
        }
      }
    },
  };
}

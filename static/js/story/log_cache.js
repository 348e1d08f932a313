// The logs that a page can show: the shipped recording of each preset, loaded once, and the reader's newest run of each.
import { Log } from "../engine/log.js";
import { loadRecording } from "../engine/recording.js";

/** @typedef {{ log: Log, preset: string, id: string | null, whole: boolean, own?: boolean }} ShownLog  `id`: of the run;
 *  null: a recording; `own`: this page holds its key */

/** The address of a preset's recording; a file that plays without a server brought them along.
 * @param {import("../types").Page} page @param {string} preset */
export function recordingUrl({ root, slug, presets, files }, preset) {
  if (!presets[preset]?.recorded) return undefined;
  return files ? files[preset] : `${root}/api/lessons/${slug}/recordings/${preset}`;
}

export class LogCache {
  #addresses;
  /** @type {Map<string, Promise<ShownLog>>} */
  #recordings = new Map();
  /** @type {Map<string, ShownLog>} */
  #own = new Map();
  /** The reader's newest run. @type {ShownLog | null} */
  last = null;

  /** @param {(preset: string) => string | undefined} addresses of recordings */
  constructor(addresses) {
    this.#addresses = addresses;
  }

  /** The reader's own run of a preset, running or over. @param {string} preset */
  runOf(preset) {
    return this.#own.get(preset) ?? null;
  }

  /** @param {ShownLog} run */
  setOwnRun(run) {
    this.#own.set(run.preset, run);
    this.last = run;
  }

  /** The run that a file without a server is of counts as the reader's own. @param {import("../types").Page} page */
  async takeOwn({ own, files }) {
    if (own && files) this.setOwnRun({ ...(await load(own.preset, files[""])), id: own.id });
  }

  /** The shipped recording; null if there is none, rejected if it cannot be had. @param {string} preset
   * @returns {Promise<ShownLog> | null} */
  recording(preset) {
    const address = this.#addresses(preset);
    if (!address) return null;
    const known = this.#recordings.get(preset);
    if (known) return known;
    const made = load(preset, address);
    made.catch(() => this.#recordings.delete(preset)); // it may be there the next time
    this.#recordings.set(preset, made);
    return made;
  }
}

let loading = 0;

/** Says on the page whether a recording is on its way: tests wait for it. @param {1 | -1} more */
function count(more) {
  loading += more;
  document.documentElement.toggleAttribute("data-loading", loading > 0);
}

/** @param {string} preset @param {string} address @returns {Promise<ShownLog>} */
async function load(preset, address) {
  count(1);
  try {
    const { entries, whole } = await loadRecording(address);
    const log = new Log();
    log.add(1, entries);
    log.close();
    return { log, preset, id: null, whole };
  } finally {
    count(-1);
  }
}

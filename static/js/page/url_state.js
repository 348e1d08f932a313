// Screen state ⇄ URL query string: parse, serialize, and keep the address bar in step (the only part that touches the page).

/**
 * @typedef {object} UrlState
 * @property {string | null} preset of the recording on screen
 * @property {string | null} run
 * @property {number | null} t_ns `t`
 * @property {[number, number] | null} view visible window in ns, `view=from-to`
 * @property {number | null} speed of real time, from 0.001 to 1
 * @property {number | null} task the selected one
 * @property {string | null} guess
 * @property {string | null} step id of the step of the text
 * @property {"task" | "core" | null} lanes how the lanes are folded
 * @property {string | null} key of the run, from `#key=`
 */

const TOKEN = /^[A-Za-z0-9_-]{1,64}$/;

/** @param {string | null} text @param {RegExp} shape */
function matching(text, shape = TOKEN) {
  return text !== null && shape.test(text) ? text : null;
}

/** @param {string | null} text */
function parseInteger(text) {
  const number = matching(text, /^\d{1,15}$/);
  return number === null ? null : Number(number);
}

/** Parses query and fragment; a malformed parameter counts as absent.
 * @param {string} search @param {string} [hash] @returns {UrlState} */
export function parseUrlState(search, hash = "") {
  const query = new URLSearchParams(search);
  const view = /^(\d{1,15})-(\d{1,15})$/.exec(query.get("view") ?? "");
  const speed = Number(matching(query.get("speed"), /^[0-9.]{1,8}$/) ?? NaN);
  return {
    preset: matching(query.get("preset")),
    run: matching(query.get("run")),
    t_ns: parseInteger(query.get("t")),
    view: view && Number(view[2]) > Number(view[1]) ? [Number(view[1]), Number(view[2])] : null,
    speed: speed >= 0.001 && speed <= 1 ? speed : null,
    task: parseInteger(query.get("task")),
    guess: matching(query.get("guess")),
    step: matching(query.get("step")),
    lanes: /** @type {"task" | "core" | null} */ (matching(query.get("lanes"), /^(task|core)$/)),
    key: matching(new URLSearchParams(hash.replace(/^#/, "")).get("key"), /^[A-Za-z0-9_-]{1,128}$/),
  };
}

/** The query for this screen; what is null leaves it, parameters that are not ours stay.
 * @param {string} search the query as it is @param {Partial<Omit<UrlState, "key">>} screen @returns {string} */
export function serializeUrlState(search, screen) {
  const query = new URLSearchParams(search);
  const { t_ns, view, speed, task, ...words } = screen;
  /** @type {[string, string | null | undefined][]} */
  const params = [
    ...Object.entries(words),
    ["t", t_ns === undefined || t_ns === null ? t_ns : String(Math.round(t_ns))],
    ["view", view ? view.map(Math.round).join("-") : view],
    ["speed", speed === undefined || speed === null ? speed : String(Number(speed.toPrecision(3)))],
    ["task", task === undefined || task === null ? task : String(task)],
  ];
  for (const [name, text] of params) {
    if (text === null) query.delete(name);
    else if (text !== undefined) query.set(name, text);
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}

const REPLACE_STATE_INTERVAL_MS = 500; // browsers allow about a hundred changes of the address in half a minute

/** Keeps the address bar in step with the screen, not more often than every PAUSE_MS, and never adds to the history.
 * @param {() => Partial<Omit<UrlState, "key">>} screen @returns {() => void} to be called when the screen changed */
export function createAddressBarSync(screen) {
  let pending = false;
  return () => {
    if (pending) return;
    pending = true;
    setTimeout(() => {
      pending = false;
      const search = serializeUrlState(location.search, screen());
      if (search === location.search) return;
      try {
        history.replaceState(history.state, "", `${location.pathname}${search}${location.hash}`);
      } catch {
        /* a document without an address of its own (file:, sandbox) keeps the one it has */
      }
    }, REPLACE_STATE_INTERVAL_MS);
  };
}

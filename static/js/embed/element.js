// The custom element <time-slice>: a lesson in somebody else's page, as high as it needs or as its host's style says,
// loaded when it is near the screen.
//
// <script type="module" src="https://…/embed.js"></script>
// <time-slice lesson="states" preset="small" lang="en" theme="auto"></time-slice>
//
// Attributes are the parameters of the embed's address. Events: ready, step (detail.step), end, key (detail of a key
// the embed leaves to its host). Methods: play(), pause(), seek(t_ns), step(id).

/** Attributes that are parameters of the embed's address, by the same name. */
export const PARAMETERS = Object.freeze([
  "preset",
  "step",
  "t",
  "view",
  "task",
  "speed",
  "guess",
  "run",
  "theme",
  "autoplay",
  "controls",
]);

/** The address to frame: of a lesson's embed, or of the replay file that `src` names. Null where neither is said.
 * @param {string} base address of the server's front page, ending in "/"
 * @param {(name: string) => string | null} attribute @returns {string | null} */
export function frameAddress(base, attribute) {
  const own = attribute("src");
  if (own) return new URL(own, base).href;
  const lesson = attribute("lesson");
  if (!lesson) return null;
  const url = new URL(`embed/${attribute("lang") === "zh" ? "zh" : "en"}/${encodeURIComponent(lesson)}`, base);
  for (const name of PARAMETERS) {
    const value = attribute(name);
    if (value === null || (name === "theme" && value === "auto")) continue;
    url.searchParams.set(name, name === "autoplay" && value === "" ? "1" : value);
  }
  return url.href;
}

const SANDBOX = "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox";
const NEAR = "300px"; // how far from the screen it begins to load
const FIRST_HEIGHT = 480; // px, until the embed says its own

/** Node.js, where the tests read this file, has no elements. @type {typeof HTMLElement} */
const Element = globalThis.HTMLElement ?? class {};

class TimeSlice extends Element {
  static observedAttributes = ["lesson", "lang", "src", ...PARAMETERS];
  /** @type {HTMLIFrameElement | null} */
  #frame = null;
  #near = false;
  #watch = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: NEAR });
  /** @type {(event: MessageEvent) => void} */
  #hear = (event) => this.#message(event);

  connectedCallback() {
    this.style.display ||= "block";
    const given = this.style.height || this.style.blockSize; // a slide has no room for what is as high as it needs
    if (!given) this.style.minBlockSize ||= `${FIRST_HEIGHT}px`;
    addEventListener("message", this.#hear);
    this.#watch.observe(this);
  }

  disconnectedCallback() {
    removeEventListener("message", this.#hear);
    this.#watch.disconnect();
    this.#frame?.remove();
    this.#frame = null;
    this.#near = false;
  }

  attributeChangedCallback() {
    if (this.#near) this.#load();
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #seen(entries) {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    this.#watch.disconnect();
    this.#near = true;
    this.#load();
  }

  #load() {
    const address = frameAddress(new URL(".", import.meta.url).href, (name) => this.getAttribute(name));
    if (!address) return;
    this.#frame ??= this.#create(address);
    if (!this.#frame.isConnected) this.append(this.#frame);
    if (this.#frame.src !== address) this.#frame.src = address;
  }

  /** @param {string} address said before it is in the page: an empty frame is of the host's own origin, and a browser warns */
  #create(address) {
    const frame = document.createElement("iframe");
    frame.src = address;
    frame.title = this.getAttribute("title") ?? `Timeslice: ${this.getAttribute("lesson") ?? ""}`;
    frame.setAttribute("sandbox", SANDBOX);
    frame.allow = "fullscreen";
    frame.style.cssText = `border:0;inline-size:100%;block-size:${FIRST_HEIGHT}px;max-block-size:100%;display:block`;
    return frame;
  }

  /** @param {MessageEvent} event */
  #message({ source, data }) {
    if (!this.#frame || source !== this.#frame.contentWindow || typeof data?.type !== "string") return;
    const { type, height, step } = data;
    if (type === "timeslice:height" && Number.isFinite(height)) {
      this.#frame.style.blockSize = `${Math.max(0, height)}px`;
      this.style.minBlockSize = "0";
    } else if (type === "timeslice:step") this.#tell("step", { step });
    else if (type === "timeslice:ready") this.#tell("ready", { steps: data.steps });
    else if (type === "timeslice:end") this.#tell("end", null);
    else if (type === "timeslice:key") this.#tell("key", data);
  }

  /** @param {string} name @param {unknown} detail */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** @param {object} message */
  #ask(message) {
    this.#frame?.contentWindow?.postMessage(message, "*");
  }

  /** Plays from where the playhead stands. */
  play() {
    this.#ask({ type: "timeslice:play" });
  }

  /** Stops playing. */
  pause() {
    this.#ask({ type: "timeslice:pause" });
  }

  /** Puts the playhead at an instant. @param {number} t_ns ns since the run's first fact */
  seek(t_ns) {
    this.#ask({ type: "timeslice:seek", t_ns });
  }

  /** Shows a step's picture. @param {string} id of the step */
  step(id) {
    this.#ask({ type: "timeslice:step", step: id });
  }
}

const registry = globalThis.customElements;
if (registry && !registry.get("time-slice")) registry.define("time-slice", TimeSlice);

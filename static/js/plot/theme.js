// The tokens of the style sheet as a canvas needs them, and a sharp canvas to put them on; it draws no data.

const TOKENS = {
  running: "--state-running",
  runningInk: "--state-running-ink",
  ready: "--state-ready",
  readyEdge: "--state-ready-edge",
  blocked: "--state-blocked",
  blockedEdge: "--state-blocked-edge",
  stopped: "--state-stopped",
  zombie: "--state-zombie",
  playhead: "--playhead",
  ink: "--ink",
  muted: "--ink-2",
  panel: "--panel",
  line: "--line",
  accent: "--accent",
  sunk: "--sunk",
  control: "--control",
};
/** @typedef {Record<keyof typeof TOKENS | "font" | "stamp", string> & { size: number }} Theme  size: 1 is text of 16 px */

let stamp = 0;

/** Reads the tokens anew. @param {Element} element @returns {Theme} */
export function readTheme(element) {
  const style = getComputedStyle(element);
  const theme = /** @type {Theme} */ ({ font: style.fontFamily, stamp: String(++stamp), size: 1 });
  const text = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;
  theme.size = Math.max(0.75, Math.min(2.5, text * (parseFloat(style.getPropertyValue("--size")) || 1))); // of a slide
  for (const [name, token] of Object.entries(TOKENS)) {
    theme[/** @type {keyof typeof TOKENS} */ (name)] = style.getPropertyValue(token).trim();
  }
  theme.runningInk ||= "#fff";
  return theme;
}

/** Calls back whenever the theme may have changed; returns the way to stop it. @param {() => void} changed */
export function watchTheme(changed) {
  const queries = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((query) => matchMedia(query));
  const seen = new MutationObserver(changed);
  seen.observe(document.documentElement, { attributes: true, attributeFilter: ["class", "data-theme", "style"] });
  for (const query of queries) query.addEventListener("change", changed);
  return () => {
    seen.disconnect();
    for (const query of queries) query.removeEventListener("change", changed);
  };
}

/** Fits a canvas to its CSS size at the screen's density; true if that changed it (and emptied it).
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height */
export function resizeCanvas(canvas, width, height) {
  const zoom = parseFloat(getComputedStyle(canvas).getPropertyValue("--zoom")) || 1; // of a slide
  const density = Math.max(1, Math.min(zoom > 1 ? 5 : 3, (window.devicePixelRatio || 1) * zoom));
  const [w, h] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width === w && canvas.height === h) return false;
  canvas.width = w;
  canvas.height = h;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  return true;
}

/** A 2d context whose unit is a CSS pixel, wiped. @param {HTMLCanvasElement} canvas @param {number} width */
export function clearedContext(canvas, width) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const density = canvas.width / Math.max(1, width);
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, width, canvas.height / density);
  return context;
}

/** @type {CanvasRenderingContext2D | null} */
let colourReader = null;

/** A css colour as [r, g, b], whatever its notation. @param {string} colour @returns {[number, number, number]} */
export function rgb(colour) {
  colourReader ??= /** @type {CanvasRenderingContext2D} */ (
    document.createElement("canvas").getContext("2d", { willReadFrequently: true }) // to read from a GPU is to wait for it
  );
  colourReader.fillStyle = colour;
  colourReader.fillRect(0, 0, 1, 1);
  const [r, g, b] = colourReader.getImageData(0, 0, 1, 1).data;
  return [r, g, b];
}

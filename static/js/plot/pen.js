// What lanes are painted with: a canvas context with the theme, its two textures and the widths of texts.

/** @typedef {import("./theme.js").Theme} Theme */
/**
 * @typedef {{ context: CanvasRenderingContext2D, theme: Theme, hatch: CanvasPattern | string, stipple: CanvasPattern | string, size: number,
 *   density: number, font: string, left: number, right: number }} Pen  `left`..`right` is what can be seen
 */

const HATCH = 7;

/** Period of the hatch in device pixels. @param {number} density @param {number} size */
export const hatchPeriod = (density, size) => Math.max(4, Math.round(HATCH * density * Math.sqrt(size)));

/** @param {CanvasRenderingContext2D} context @param {Theme} theme @param {number} size @param {number} density
 * @param {number} left @param {number} right @returns {Pen} */
export function createPen(context, theme, size, density, left, right) {
  return { context, theme, size, density, font: theme.font, ...texturesOf(context, theme, size, density), left, right };
}

/** @typedef {{ hatch: CanvasPattern | string, stipple: CanvasPattern | string }} Textures "ready", and not our core */
/** @type {{ key: string, textures: Textures }} */
let cachedTextures = { key: "", textures: { hatch: "", stipple: "" } };

/** @param {CanvasRenderingContext2D} context @param {Theme} theme @param {number} size @param {number} density */
function texturesOf(context, theme, size, density) {
  const key = `${theme.stamp} ${size} ${density}`;
  if (cachedTextures.key !== key) {
    const hatch = hatchTile(context, theme, size, density);
    cachedTextures = { key, textures: { hatch, stipple: stippleTile(context, theme, size, density) } };
  }
  return cachedTextures.textures;
}

/** Dots on the sunken ground: quieter than the hatch, and still there in greyscale. @param {CanvasRenderingContext2D} context
 * @param {Theme} theme @param {number} size @param {number} density */
function stippleTile(context, theme, size, density) {
  const period = hatchPeriod(density, size);
  const tile = document.createElement("canvas");
  tile.width = tile.height = period;
  const brush = /** @type {CanvasRenderingContext2D} */ (tile.getContext("2d"));
  brush.fillStyle = theme.sunk;
  brush.fillRect(0, 0, period, period);
  brush.fillStyle = theme.control;
  for (const [x, y] of [
    [0.25, 0.25],
    [0.75, 0.75],
  ]) {
    brush.beginPath();
    brush.arc(x * period, y * period, 0.9 * density, 0, 2 * Math.PI);
    brush.fill();
  }
  return tilePattern(context, tile, density) ?? theme.sunk;
}

/** @param {CanvasRenderingContext2D} context @param {HTMLCanvasElement} tile @param {number} density */
function tilePattern(context, tile, density) {
  const pattern = context.createPattern(tile, "repeat");
  pattern?.setTransform(new DOMMatrix([1 / density, 0, 0, 1 / density, 0, 0]));
  return pattern;
}

/** @param {CanvasRenderingContext2D} context @param {Theme} theme @param {number} size @param {number} density */
function hatchTile(context, theme, size, density) {
  const period = hatchPeriod(density, size);
  const tile = document.createElement("canvas");
  tile.width = tile.height = period;
  const brush = /** @type {CanvasRenderingContext2D} */ (tile.getContext("2d"));
  brush.fillStyle = theme.ready;
  brush.fillRect(0, 0, period, period);
  brush.strokeStyle = theme.readyEdge;
  brush.lineWidth = 1.1 * density;
  for (const shift of [-period, 0, period]) {
    brush.beginPath();
    brush.moveTo(shift - 1, period + 1);
    brush.lineTo(shift + period + 1, -1);
    brush.stroke();
  }
  return tilePattern(context, tile, density) ?? theme.ready;
}

/** @type {Map<string, number>} */
const widths = new Map();

/** Measuring is what a picture of many small bars would spend its time with: every text is measured once.
 * @param {CanvasRenderingContext2D} context @param {string} font @param {string} text */
export function textWidth(context, font, text) {
  const key = `${font} ${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    context.font = font;
    width = context.measureText(text).width;
    if (widths.size > 2000) widths.clear();
    widths.set(key, width);
  }
  return width;
}

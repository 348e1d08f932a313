// Lanes with more changes than pixels: shares of the states blended into one column a pixel, so that nothing vanishes.
import { rgb } from "./theme.js";

/** @typedef {import("./theme.js").Theme} Theme */
/** @typedef {[number, number, number]} Rgb */
/** @typedef {{ stamp: string, running: Rgb, ready: Rgb, readyEdge: Rgb, blocked: Rgb, stopped: Rgb }} Palette */

const STATES = 5; // ready, running, blocked, stopped, zombie: the order of Track.state
const RUNNING = 1;
const FLOOR = 0.22; // a share above zero is seen at least this much

/** @type {Palette | null} */
let cachedPalette = null;

/** @param {Theme} theme @returns {Palette} */
export function statePalette(theme) {
  if (cachedPalette?.stamp === theme.stamp) return cachedPalette;
  cachedPalette = {
    stamp: theme.stamp,
    running: rgb(theme.running),
    ready: rgb(theme.ready),
    readyEdge: rgb(theme.readyEdge),
    blocked: rgb(theme.blocked),
    stopped: rgb(theme.stopped),
  };
  return cachedPalette;
}

/** Shares of a core as shares of states: busy is running, the rest is empty. @param {Float32Array} busy */
export function coreShares(busy) {
  const shares = new Float32Array(busy.length * STATES);
  for (let column = 0; column < busy.length; column++) shares[column * STATES + RUNNING] = busy[column];
  return shares;
}

/** The colour of one pixel from the shares of its column; what no state fills stays transparent.
 * @param {Float32Array} shares @param {number} at first share @param {Palette} palette
 * @param {boolean} line whether the hatch passes through this pixel @param {Uint8ClampedArray} out @param {number} to */
export function blendPixel(shares, at, palette, line, out, to) {
  const [ready, running, blocked, stopped] = [shares[at], shares[at + 1], shares[at + 2], shares[at + 3]];
  const rest = ready + blocked + stopped;
  const run = atLeastVisible(running);
  const other = Math.min(rest, 1 - run);
  const filled = run + other;
  if (filled <= 0) return;
  const part = rest > 0 ? other / rest : 0;
  const hatch = line ? palette.readyEdge : palette.ready;
  for (let c = 0; c < 3; c++) {
    const others = ready * hatch[c] + blocked * palette.blocked[c] + stopped * palette.stopped[c];
    out[to + c] = (run * palette.running[c] + part * others) / filled;
  }
  out[to + 3] = 255 * filled;
}

/** @param {number} share */
const atLeastVisible = (share) => (share <= 0 ? 0 : Math.min(1, Math.max(FLOOR, share)));

/** Blends shares into the canvas at device pixels, over what is there: where no state is, grid and selection stay. A column has two
 * colours, on and beside the hatch's lines, and the hatch repeats: one period of rows is computed and drawn until the lane is full.
 * @param {CanvasRenderingContext2D} context @param {Float32Array} shares @param {Palette} palette
 * @param {number} x @param {number} y @param {number} height all in device pixels @param {number} period */
export function paintShares(context, shares, palette, x, y, height, period) {
  const columns = shares.length / STATES;
  const { image, pixels, pair, colours } = pixelBuffer(columns, period);
  pair.fill(0);
  for (let column = 0; column < columns; column++) {
    blendPixel(shares, column * STATES, palette, true, pair, column * 8);
    blendPixel(shares, column * STATES, palette, false, pair, column * 8 + 4);
  }
  const line = Math.max(2, Math.round(period / 3.5));
  for (let row = 0, at = 0; row < period; row++) {
    for (let column = 0, phase = row; column < columns; column++, at++) {
      pixels[at] = colours[2 * column + (phase < line ? 0 : 1)];
      if (++phase === period) phase = 0;
    }
  }
  const scratch = scratchOf(image);
  context.save();
  context.resetTransform();
  for (let row = 0; row < height; row += period) {
    const rows = Math.min(period, height - row);
    context.drawImage(scratch, 0, 0, columns, rows, x, y + row, columns, rows);
  }
  context.restore();
}

/** @typedef {{ image: ImageData, pixels: Uint32Array, pair: Uint8ClampedArray, colours: Uint32Array }} PixelBuffer */
/** @type {PixelBuffer | null} */
let cachedBuffer = null;

/** Memory for one period of a lane's pixels, the same at every lane and frame. @param {number} columns @param {number} rows @returns {PixelBuffer} */
function pixelBuffer(columns, rows) {
  if (cachedBuffer && cachedBuffer.image.width === columns && cachedBuffer.image.height === rows) return cachedBuffer;
  const image = new ImageData(columns, rows);
  const pair = new Uint8ClampedArray(columns * 8);
  cachedBuffer = { image, pixels: new Uint32Array(image.data.buffer), pair, colours: new Uint32Array(pair.buffer) };
  return cachedBuffer;
}

/** @type {HTMLCanvasElement | null} */
let scratchCanvas = null;

/** A canvas with an image in its corner: what is put on a canvas replaces what is there, what is drawn is laid over it. @param {ImageData} image */
function scratchOf(image) {
  scratchCanvas ??= document.createElement("canvas");
  if (scratchCanvas.width < image.width) scratchCanvas.width = image.width;
  if (scratchCanvas.height !== image.height) scratchCanvas.height = image.height;
  /** @type {CanvasRenderingContext2D} */ (scratchCanvas.getContext("2d", { willReadFrequently: true })).putImageData(
    image,
    0,
    0,
  );
  return scratchCanvas;
}

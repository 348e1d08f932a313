// Where the parts of the pipeline lie on so many pixels: in a row, or one below the other; pure geometry.

/** @typedef {{ x: number, y: number, width: number, height: number }} Box */
/** @typedef {{ width: number, height: number, wide: boolean, log: Box, tail: Box, tube: Box, grep: Box, lines: number,
 *   arrows: { from: [number, number], to: [number, number] }[] }} Layout */

const NARROW = 560;
const TALL = 148;
const HEAD = 24; // for the words above the log and the pipe

/** A pipe of 4096 bytes is drawn shorter: a sign of its capacity, not to scale.
 * @param {number} capacity */
export const levelScale = (capacity) => (capacity <= 4096 ? 0.45 : 1);

/** How large the picture is drawn in a width, and which share of the page's text size its words have there. On a projector
 * (text half as large again) a row of somewhat smaller words is worth more than large ones one below the other, which
 * push the lanes off the screen. @param {number} width @param {number} text 1: the page's text is 16 px
 * @returns {[number, number]} */
export function sizeOf(width, text) {
  const full = Math.max(0.9, Math.min(1.3, text));
  const size = text > 1.3 && width >= NARROW ? Math.max(1, Math.min(full, width / NARROW)) : full;
  return [size, size / full];
}

/** @param {number} width @param {number} capacity @param {number} size 1: text of 16 px @returns {Layout} */
export function layoutPipe(width, capacity, size) {
  return width >= NARROW * size ? layoutRow(width, capacity, size) : layoutStack(width, capacity, size);
}

/** @param {number} width @param {number} capacity @param {number} size @returns {Layout} */
function layoutRow(width, capacity, size) {
  const gap = Math.max(24, width * 0.04);
  const told = 60 * size; // room for the word on the first arrow
  const height = Math.round(TALL * size);
  const top = HEAD * size;
  const free = width - told - 2 * gap - 4;
  const logWidth = Math.min(Math.max(free * 0.22, 128 * size), 170 * size);
  const program = Math.min(free * 0.26, 190 * size);
  const pipe = free - logWidth - 2 * program;
  const middle = top + (height - top) / 2;
  const box = { height: height - top - 10, y: top };
  const log = { x: 2, width: logWidth, ...box };
  const tail = { x: log.x + logWidth + told, width: program, ...box };
  const from = tail.x + program + gap;
  const tubeWidth = pipe * levelScale(capacity);
  const tube = { x: from + (pipe - tubeWidth) / 2, y: middle - 24 * size, width: tubeWidth, height: 48 * size };
  const grep = { x: from + pipe + gap, width: program, ...box };
  return {
    width,
    height,
    wide: true,
    log,
    tail,
    tube,
    grep,
    lines: Math.floor((box.height - 10) / (17 * size)),
    arrows: [
      { from: [log.x + log.width, middle], to: [tail.x, middle] },
      { from: [tail.x + tail.width, middle], to: [tube.x, middle] },
      { from: [tube.x + tube.width, middle], to: [grep.x, middle] },
    ],
  };
}

/** @param {number} width @param {number} capacity @param {number} size @returns {Layout} */
function layoutStack(width, capacity, size) {
  const gap = 18 * size;
  const row = 64 * size;
  const log = { x: 2, y: HEAD * size, width: width - 4, height: 44 * size };
  const tail = { x: 2, y: log.y + log.height + gap, width: width - 4, height: row };
  const long = (width - 4) * levelScale(capacity);
  const tube = { x: 2 + (width - 4 - long) / 2, y: tail.y + row + gap + 16 * size, width: long, height: 36 * size };
  const grep = { x: 2, y: tube.y + tube.height + gap, width: width - 4, height: row };
  const middle = width / 2;
  return {
    width,
    height: Math.ceil(grep.y + row + 4),
    wide: false,
    log,
    tail,
    tube,
    grep,
    lines: 2,
    arrows: [
      { from: [middle, log.y + log.height], to: [middle, tail.y] },
      { from: [middle, tail.y + row], to: [middle, tube.y] },
      { from: [middle, tube.y + tube.height], to: [middle, grep.y] },
    ],
  };
}

/** How much of the tube is full; from the end where it is read. @param {Box} tube @param {number} bytes @param {number} capacity @returns {Box} */
export function fillLevel(tube, bytes, capacity) {
  const part = Math.max(0, Math.min(1, capacity > 0 ? bytes / capacity : 0));
  const width = bytes > 0 ? Math.max(3, tube.width * part) : 0;
  return { x: tube.x + tube.width - width, y: tube.y, width, height: tube.height };
}

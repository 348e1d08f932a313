// What "ready" is filled with in an SVG; the canvas weaves its own (pen.js). Its colours: views.css, .hatch-source.
import { svg } from "./svg.js";

/** A pattern that a sheet names by its id: `fill: url(#id)`. @param {string} id */
export function hatch(id) {
  const box = { id, width: 7, height: 7, patternUnits: "userSpaceOnUse" };
  const lines = svg("path", { d: "M-1 8L8 -1M-1 1L1 -1M6 8L8 6" });
  const pattern = svg("pattern", box, svg("rect", { width: 7, height: 7 }), lines);
  return svg("svg", { class: "hatch-source", "aria-hidden": "true" }, pattern);
}

// Which sign a key press means, whatever the layout: the letter that is typed; where that is none of ours, the key's place.

/** @typedef {{ key: string, code?: string, shiftKey: boolean, isComposing?: boolean }} Press */

/** Signs that are meant by their place: pairs side by side, and keys whose sign needs Shift or AltGr elsewhere.
 * @type {Record<string, string>} */
const PLACES = { BracketLeft: "[", BracketRight: "]", Comma: ",", Period: ".", Equal: "+", Minus: "-", Digit0: "0" };

/** Whether an input method is at work: the key is its own. @param {Press} press */
const composing = ({ key, isComposing = false }) => isComposing || key === "Process" || key === "Unidentified";

/** The sign or the name of a key; "" while composing. Full-width signs are plain ones; on a layout without Latin letters
 * the key that has the letter on a Latin one; a dead key or one of another sign by its place.
 * @param {Press} press @param {(sign: string) => boolean} known whether a sign means anything here @returns {string} */
export function signOf(press, known) {
  if (composing(press)) return "";
  const { key, code = "", shiftKey } = press;
  const sign = key.length === 1 ? key.normalize("NFKC").toLowerCase() : key;
  if (known(sign) || shiftKey || /^[a-z]$/.test(sign)) return sign;
  const foreign = sign.length === 1 && sign > "\u007f";
  const letter = foreign ? /^Key([A-Z])$/.exec(code)?.[1].toLowerCase() : undefined;
  const placed = letter ?? PLACES[code] ?? "";
  return known(placed) ? placed : sign;
}

/** The digit of a key, "" if it has none: as it is typed, or by its place where digits need Shift (AZERTY).
 * @param {Press} press */
export function digitOf(press) {
  if (composing(press)) return "";
  const { key, code = "", shiftKey } = press;
  const [typed] = /^[0-9]$/.exec(key.normalize("NFKC")) ?? [];
  if (typed) return typed;
  return (key.length === 1 && !shiftKey && /^Digit([0-9])$/.exec(code)?.[1]) || "";
}

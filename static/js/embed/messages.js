// The messages between an embed and the page around it: their names, and what of a host's is understood. Touches no page.
//
// Embed → host: timeslice:ready, timeslice:height, timeslice:step, timeslice:end, timeslice:key.
// Host → embed: timeslice:play, timeslice:pause, timeslice:seek, timeslice:step. docs/embedding.md lists their fields.

/** @typedef {{ do: "play" } | { do: "pause" } | { do: "seek", t_ns: number } | { do: "step", step: string }} Request */

/** What a host asks for, or null if it is no message of ours. It comes from a foreign page, so nothing of it is taken for granted.
 * @param {unknown} data of a MessageEvent @returns {Request | null} */
export function parseRequest(data) {
  if (typeof data !== "object" || data === null) return null;
  const { type, t_ns, step } = /** @type {Record<string, unknown>} */ (data);
  if (type === "timeslice:play") return { do: "play" };
  if (type === "timeslice:pause") return { do: "pause" };
  if (type === "timeslice:seek" && typeof t_ns === "number" && Number.isFinite(t_ns) && t_ns >= 0)
    return { do: "seek", t_ns };
  if (type === "timeslice:step" && typeof step === "string" && /^[\w-]{1,64}$/.test(step)) return { do: "step", step };
  return null;
}

/** What the height of the embed is said with: our own message, and the one that Canvas and other LTI hosts know.
 * @param {number} height in CSS pixels, whole */
export function heightMessages(height) {
  return [
    { type: "timeslice:height", height },
    { subject: "lti.frameResize", height },
  ];
}

/** A key that the embed does not use, for a slide deck around it to act on.
 * @param {{ key: string, code: string, shiftKey: boolean, ctrlKey: boolean, altKey: boolean, metaKey: boolean }} event */
export function keyMessage({ key, code, shiftKey, ctrlKey, altKey, metaKey }) {
  return { type: "timeslice:key", key, code, shiftKey, ctrlKey, altKey, metaKey };
}

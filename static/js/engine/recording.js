// Loads a recording, gzipped or not; of a damaged one, its good beginning.
import { readLog } from "./ndjson.js";

/** @typedef {import("../types").Entry} Entry */

/** Loads a recording: NDJSON, gzipped or not; a damaged one gives its good beginning.
 * @param {string} url @param {typeof fetch} [get] @returns {Promise<{ entries: Entry[], whole: boolean }>} */
export async function loadRecording(url, get = (...given) => fetch(...given)) {
  const answer = await get(url);
  if (!answer.ok) throw new Error(String(answer.status));
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b; // a server that did not name the encoding
  const text = packed ? await unzip(bytes) : new TextDecoder().decode(bytes);
  return readLog(text);
}

/** As much text as can be unpacked. @param {Uint8Array<ArrayBuffer>} bytes */
async function unzip(bytes) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += decoder.decode(part.value, { stream: true });
    }
  } catch {
    /* cut off: the good beginning plays */
  }
  return text;
}

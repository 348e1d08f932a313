// Brings a run's entries to the page: SSE first, its log as NDJSON where a stream does not get through; it folds nothing.
import { decode, parseId, readLog } from "./frames.js";

/** @typedef {import("../types").Entry} Entry */
/**
 * @typedef {object} Hears
 * @property {(first: number, entries: Entry[]) => void} entries `first` is the position of the first of them
 * @property {() => void} clear a new epoch began: forget everything
 * @property {(note: string | null) => void} end nothing will follow; `note` tells what became of the recording
 * @property {(state: "open" | "lost" | "gone") => void} state of the connection
 */
/** @typedef {{ EventSource: typeof EventSource, fetch: typeof fetch, wait: (run: () => void, ms: number) => unknown }} Ways */

const SILENT_MS = 4000; // so long without any fact, the log is asked whether the stream is held up on its way
const POLL_MS = 1000;
const HANG_UP_MS = 2000;

/** @type {() => Ways} */
const browser = () => ({ EventSource, fetch: (...given) => fetch(...given), wait: (run, ms) => setTimeout(run, ms) });

/** Follows a run from its first entry to its end.
 * @param {{ events: string, log: string }} address @param {Hears} hears @param {Ways} [ways]
 * @returns {{ close(): void }} */
export function openStream(address, hears, ways = browser()) {
  /** @type {number | null} */
  let epoch = null;
  let last = 0;
  let closed = false;
  let polling = false;
  let heard = false; // the stream has brought facts, so it gets through
  /** @type {EventSource | null} */
  let source = null;

  /** @param {number} first @param {Entry[]} entries */
  function take(first, entries) {
    const fresh = entries.slice(Math.max(0, last + 1 - first));
    if (!fresh.length) return;
    last = first + entries.length - 1;
    hears.entries(last - fresh.length + 1, fresh);
  }

  function close() {
    closed = true;
    source?.close();
  }

  /** The server hangs up after its last word; closing before it does would look like a failed request.
   * @param {MessageEvent} [message] */
  function end(message) {
    if (closed) return;
    closed = true;
    ways.wait(() => source?.close(), HANG_UP_MS);
    hears.end(message ? (JSON.parse(message.data).note ?? null) : null);
  }

  /** @param {MessageEvent} message */
  function facts({ data, lastEventId }) {
    if (closed) return;
    heard = true;
    const id = parseId(lastEventId);
    const entries = decode(JSON.parse(data));
    if (id && epoch !== null && id.epoch !== epoch) {
      last = 0;
      hears.clear();
    }
    if (id) epoch = id.epoch;
    const first = id?.position ? id.position - entries.length + 1 : last + 1;
    if (first > last + 1)
      connect(); // a gap: come back from where we are
    else take(first, entries);
  }

  function connect() {
    source?.close();
    const resume = epoch === null ? "" : `${address.events.includes("?") ? "&" : "?"}last_event_id=${epoch}.${last}`;
    source = new ways.EventSource(address.events + resume);
    source.addEventListener("open", () => hears.state("open"));
    source.addEventListener("facts", facts);
    source.addEventListener("end", end);
    source.addEventListener("error", () => {
      if (closed) return source?.close();
      hears.state("lost");
      if (source?.readyState === 2) poll(); // the browser has given up: 204, an error, a proxy's page
    });
  }

  /** Reads what the log has beyond `last`; true if there was something.
   * @returns {Promise<boolean>} */
  async function readOn() {
    const joint = address.log.includes("?") ? "&" : "?";
    const after = last;
    const answer = await ways.fetch(`${address.log}${joint}after=${after}`, { cache: "no-store" });
    if (closed) return false;
    if (answer.status === 404) {
      close();
      hears.state("gone");
    }
    if (!answer.ok) return false;
    const { entries } = readLog(await answer.text());
    if (closed) return false;
    const now = Number(answer.headers.get("Timeslice-Epoch"));
    if (now && epoch !== null && now !== epoch) {
      // the server has begun the log anew: positions mean other entries
      epoch = now;
      last = 0;
      hears.clear();
      return readOn();
    }
    epoch = now || epoch;
    const before = last;
    take(after + 1, entries);
    if (entries.at(-1)?.fact.kind === "run.ended") end();
    return last > before;
  }

  async function poll() {
    if (polling) return;
    polling = true;
    source?.close();
    while (!closed) {
      await readOn().then(
        (found) => found && hears.state("open"),
        () => hears.state("lost"),
      );
      if (!closed) await new Promise((go) => ways.wait(() => go(null), POLL_MS));
    }
  }

  /** Until the stream has brought anything, the log is asked now and then whether there is something to bring. A hall
   *  of viewers of a quiet run must not become a hall of pollers: ever more seldom. @param {number} after_ms */
  function watch(after_ms) {
    ways.wait(async () => {
      if (closed || polling || heard) return;
      const more = await readOn().catch(() => false);
      if (!heard) more ? poll() : watch(after_ms * 2);
    }, after_ms);
  }

  connect();
  watch(SILENT_MS);
  return { close };
}

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

// Brings a run's entries to the page: SSE, or its log as NDJSON where no stream gets through or has a slot (stream_slots.js).
import { decode, parseId } from "./frames.js";
import { readLog } from "./ndjson.js";
import { takeSlot } from "./stream_slots.js";

/** @typedef {import("../types").Entry} Entry */
/** @typedef {import("../types").StreamHandlers} StreamHandlers */
/** @typedef {import("../types").StreamEnv} StreamEnv */

const STALL_TIMEOUT_MS = 4000; // so long without any fact, the log is asked whether the stream is held up on its way
const POLL_MS = 1000;
const CLOSE_TIMEOUT_MS = 2000;
const CLOSED = 2; // EventSource.CLOSED

/** @type {() => StreamEnv} */
const browser = () => ({
  EventSource,
  fetch: (...given) => fetch(...given),
  wait: (run, ms) => setTimeout(run, ms),
  slot: takeSlot,
});

class Stream {
  #address;
  #handlers;
  #env;
  /** @type {number | null} */
  #epoch = null;
  #last = 0; // position of the last entry that was handed on
  #closed = false;
  #polling = false;
  #heard = false; // the stream has brought facts, so it gets through
  /** @type {EventSource | null} */
  #source = null;
  /** @type {(() => void) | null} gives this stream's slot back */ #release = null;

  /** @param {{ events: string, log: string }} address @param {StreamHandlers} handlers @param {StreamEnv} env */
  constructor(address, handlers, env) {
    this.#address = address;
    this.#handlers = handlers;
    this.#env = env;
  }

  close() {
    this.#closed = true;
    this.#hangUp();
  }

  #hangUp() {
    this.#source?.close();
    this.#release?.();
    this.#release = null;
  }

  /** Opens the stream, or polls until there is a slot for it. @returns {Promise<void>} */
  async start() {
    const release = this.#env.slot ? await this.#env.slot() : () => {};
    if (this.#closed) return release?.();
    if (!release) return this.#poll(true);
    this.#release = release;
    this.connect();
    this.#watchForStall(STALL_TIMEOUT_MS);
  }

  /** @param {number} first @param {Entry[]} entries */
  #deliver(first, entries) {
    const fresh = entries.slice(Math.max(0, this.#last + 1 - first));
    if (!fresh.length) return;
    this.#last = first + entries.length - 1;
    this.#handlers.entries(this.#last - fresh.length + 1, fresh);
  }

  /** The server hangs up after its last word; closing before it does would look like a failed request.
   * @param {MessageEvent} [message] */
  #end(message) {
    if (this.#closed) return;
    this.#closed = true;
    this.#env.wait(() => this.#hangUp(), CLOSE_TIMEOUT_MS);
    this.#handlers.end(message ? (JSON.parse(message.data).note ?? null) : null);
  }

  /** @param {MessageEvent} message */
  #facts({ data, lastEventId }) {
    if (this.#closed) return;
    this.#heard = true;
    const id = parseId(lastEventId);
    const entries = decode(JSON.parse(data));
    if (id && this.#epoch !== null && id.epoch !== this.#epoch) {
      this.#last = 0;
      this.#handlers.clear();
    }
    if (id) this.#epoch = id.epoch;
    const first = id?.position ? id.position - entries.length + 1 : this.#last + 1;
    if (first > this.#last + 1)
      this.connect(); // a gap: come back from where we are
    else this.#deliver(first, entries);
  }

  /** The run waits: what comes is its place. @param {MessageEvent} message */
  #queued({ data }) {
    if (this.#closed) return;
    this.#heard = true;
    this.#handlers.queued?.(JSON.parse(data));
  }

  /** Opens the stream, behind what has come already. */
  connect() {
    this.#source?.close();
    const { events } = this.#address;
    const resume = this.#epoch === null ? "" : `${querySeparator(events)}last_event_id=${this.#epoch}.${this.#last}`;
    const source = new this.#env.EventSource(events + resume);
    this.#source = source;
    source.addEventListener("open", () => this.#handlers.state("open"));
    source.addEventListener("facts", (message) => this.#facts(message));
    source.addEventListener("queue", (message) => this.#queued(message));
    source.addEventListener("end", (message) => this.#end(message));
    source.addEventListener("error", () => this.#failed());
  }

  #failed() {
    if (this.#closed) return this.#hangUp();
    this.#handlers.state("lost");
    if (this.#source?.readyState === CLOSED) this.#poll(); // the browser has given up: 204, an error, a proxy's page
  }

  /** Reads what the log has beyond `last`; true if there was something.
   * @returns {Promise<boolean>} */
  async #startPolling() {
    const { log } = this.#address;
    const after = this.#last;
    const answer = await this.#env.fetch(`${log}${querySeparator(log)}after=${after}`, { cache: "no-store" });
    if (this.#closed) return false;
    if (answer.status === 404) {
      this.close();
      this.#handlers.state("gone");
    }
    if (!answer.ok) return false;
    const waits = answer.headers.get("Timeslice-Queue");
    if (waits) this.#handlers.queued?.(JSON.parse(waits));
    const { entries } = readLog(await answer.text());
    if (this.#closed) return false;
    if (this.#isNewEpoch(Number(answer.headers.get("Timeslice-Epoch")))) return this.#startPolling();
    const before = this.#last;
    this.#deliver(after + 1, entries);
    if (entries.at(-1)?.fact.kind === "run.ended") this.#end();
    return this.#last > before;
  }

  /** Whether the server has begun the log anew, so that positions mean other entries. @param {number} epoch 0: not told */
  #isNewEpoch(epoch) {
    const anew = epoch > 0 && this.#epoch !== null && epoch !== this.#epoch;
    this.#epoch = epoch || this.#epoch;
    if (anew) {
      this.#last = 0;
      this.#handlers.clear();
    }
    return anew;
  }

  /** Asks for the log again and again. @param {boolean} [crowded] only until there is a slot for a stream @returns {Promise<void>} */
  async #poll(crowded = false) {
    if (this.#polling) return;
    this.#polling = true;
    this.#hangUp();
    while (!this.#closed) {
      await this.#startPolling().then(
        (found) => found && this.#handlers.state("open"),
        () => this.#handlers.state("lost"),
      );
      if (!this.#closed) await new Promise((go) => this.#env.wait(() => go(null), POLL_MS));
      if (!crowded || this.#closed) continue;
      this.#polling = false;
      return this.start();
    }
  }

  /** Until the stream has brought anything, the log is asked now and then whether there is something to bring. A hall
   *  of viewers of a quiet run must not become a hall of pollers: ever more seldom. @param {number} after_ms */
  #watchForStall(after_ms) {
    this.#env.wait(async () => {
      if (this.#closed || this.#polling || this.#heard) return;
      const more = await this.#startPolling().catch(() => false);
      if (this.#heard) return;
      if (more) this.#poll();
      else this.#watchForStall(after_ms * 2);
    }, after_ms);
  }
}

/** What joins another parameter to an address. @param {string} address */
const querySeparator = (address) => (address.includes("?") ? "&" : "?");

/** Follows a run from its first entry to its end.
 * @param {{ events: string, log: string }} address @param {StreamHandlers} handlers @param {StreamEnv} [env]
 * @returns {{ close(): void }} */
export function openStream(address, handlers, env = browser()) {
  const stream = new Stream(address, handlers, env);
  stream.start();
  return stream;
}

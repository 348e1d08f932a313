import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { readLog } from "../../../static/js/engine/ndjson.js";
import { loadRecording } from "../../../static/js/engine/recording.js";
import { openStream } from "../../../static/js/engine/stream.js";
import { encode } from "./encode.js";
import { random, story } from "./random_run.js";

/** A stand-in for the network: an EventSource one can speak through, a log to fetch, a clock to turn by hand. */
function network(log) {
  const server = { log, epoch: "" };
  const sources = [];
  const asked = [];
  let waiting = [];
  class EventSource extends EventTarget {
    readyState = 0;
    constructor(url) {
      super();
      this.url = url;
      sources.push(this);
    }
    close() {
      this.readyState = 2;
    }
    say(type, id, data) {
      if (this.readyState === 2) return;
      const message = new Event(type);
      this.dispatchEvent(Object.assign(message, { lastEventId: id, data: JSON.stringify(data) }));
    }
    fail(state) {
      this.readyState = state;
      this.dispatchEvent(new Event("error"));
    }
  }
  const fetch = async (url) => {
    asked.push(url);
    const lines = server.log.slice(Number(new URL(url, "http://x").searchParams.get("after")));
    const headers = server.epoch ? { "Timeslice-Epoch": server.epoch } : {};
    if (server.queue) headers["Timeslice-Queue"] = JSON.stringify(server.queue);
    return new Response(lines.map((entry) => `${JSON.stringify(entry)}\n`).join(""), { headers });
  };
  const wait = (run, ms) => waiting.push({ run, ms });
  /** Lets the waits of up to so many ms come due, then the promises behind them. */
  const pass = async (ms) => {
    const due = waiting.filter((each) => each.ms <= ms);
    waiting = waiting.filter((each) => each.ms > ms);
    for (const { run } of due) run();
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
  };
  return { ways: { EventSource, fetch, wait }, sources, asked, pass, server };
}

function viewer(log, more = {}) {
  const net = network(log);
  const got = { entries: [], cleared: 0, ended: 0, states: [], places: [] };
  const stream = openStream(
    { events: "/events", log: "/log" },
    {
      entries(first, entries) {
        assert.equal(first, got.entries.length + 1, "neither gap nor duplicate");
        got.entries.push(...entries);
      },
      clear() {
        got.entries = [];
        got.cleared++;
      },
      end: () => got.ended++,
      queued: (place) => got.places.push(place),
      state: (state) => got.states.push(state),
    },
    { ...net.ways, ...more },
  );
  return { ...net, got, stream };
}

const over = (seed) => [
  ...story(seed),
  { t_ns: 1e9, source: "told", fact: { kind: "run.ended", reason: "finished", summary: {} } },
];

test("frames of any size, repeated or not, arrive as the log, and the end closes the stream", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const log = over(seed);
    const { sources, got } = viewer(log);
    const next = random(seed);
    let last = 0;
    while (last < log.length) {
      const from = Math.max(0, last - Math.floor(next() * 4));
      last = Math.min(log.length, last + 1 + Math.floor(next() * 30));
      sources[0].say("facts", `1.${last}`, encode(log.slice(from, last)));
    }
    sources[0].say("end", "1.end", {});
    sources[0].say("facts", "1.1", encode(log.slice(0, 1)));
    assert.deepEqual(got.entries, log);
    assert.equal(got.ended, 1);
    sources[0].fail(0);
    assert.equal(sources[0].readyState, 2, "it does not come back after the end");
  }
});

test("a gap makes it come back from where it is", () => {
  const log = over(1);
  const { sources, got } = viewer(log);
  sources[0].say("facts", "3.10", encode(log.slice(0, 10)));
  sources[0].say("facts", "3.20", encode(log.slice(12, 20)));
  assert.equal(sources.length, 2);
  assert.equal(sources[1].url, "/events?last_event_id=3.10");
  sources[1].say("facts", `3.${log.length}`, encode(log.slice(10)));
  assert.deepEqual(got.entries, log);
});

test("a new epoch clears and starts from one", () => {
  const log = over(2);
  const { sources, got } = viewer(log);
  sources[0].say("facts", "1.50", encode(log.slice(0, 50)));
  sources[0].fail(0);
  sources[0].say("facts", "2.40", encode(log.slice(0, 40)));
  assert.deepEqual(got.entries, log.slice(0, 40));
  assert.equal(got.cleared, 1);
  assert.deepEqual(got.states, ["lost"]);
});

test("a stream that opens but stays silent while the log grows is left for the log", async () => {
  const log = over(3);
  const { sources, got, pass, asked } = viewer(log);
  await pass(5000);
  assert.equal(sources[0].readyState, 2);
  assert.deepEqual(got.entries, log);
  assert.equal(got.ended, 1);
  assert.equal(asked[0], "/log?after=0");
});

test("a run that is merely quiet keeps its stream", async () => {
  const { sources, got, pass } = viewer([]);
  await pass(5000);
  await pass(5000);
  assert.equal(sources.length, 1);
  assert.equal(sources[0].readyState, 0);
  assert.equal(got.ended, 0);
});

test("where EventSource gives up, the log is read on from the last entry", async () => {
  const log = over(4);
  const { sources, got, pass, asked } = viewer(log);
  sources[0].say("facts", "1.30", encode(log.slice(0, 30)));
  sources[0].fail(2);
  await pass(1000);
  assert.deepEqual(got.entries, log);
  assert.equal(asked[0], "/log?after=30");
  assert.equal(got.ended, 1);
});

test("a log that the server began anew is read from its first entry, though the viewer had seen more than it has", async () => {
  const log = over(4);
  const { sources, got, pass, asked, server } = viewer(log);
  sources[0].say("facts", "1.50", encode(log.slice(0, 50)));
  server.epoch = "2";
  server.log = [...log.slice(0, 30), log.at(-1)];
  sources[0].fail(2);
  await pass(1000);
  assert.deepEqual(asked, ["/log?after=50", "/log?after=0"]);
  assert.deepEqual(got.entries, server.log);
  assert.equal(got.cleared, 1);
  assert.equal(got.ended, 1);
});

test("the log of the epoch that is known is read on", async () => {
  const log = over(4);
  const { sources, got, pass, asked, server } = viewer(log);
  server.epoch = "7";
  sources[0].say("facts", "7.30", encode(log.slice(0, 30)));
  sources[0].fail(2);
  await pass(1000);
  assert.deepEqual(asked, ["/log?after=30"]);
  assert.deepEqual(got.entries, log);
  assert.equal(got.cleared, 0);
});

test("a closed stream says nothing more", async () => {
  const log = over(5);
  const { sources, got, stream, pass } = viewer(log);
  stream.close();
  sources[0].say("facts", "1.10", encode(log.slice(0, 10)));
  sources[0].fail(2);
  await pass(5000);
  assert.deepEqual(got, { entries: [], cleared: 0, ended: 0, states: [], places: [] });
});

const file = (entries) =>
  entries.map((entry, i) => JSON.stringify(entry) + (i % 9 ? "" : '\n{"seal":{"blake2b":"00"}}')).join("\n");

test("a recording is read plain or packed, its seals passed over", async () => {
  const log = over(6);
  for (const body of [file(log), gzipSync(file(log))]) {
    assert.deepEqual(await loadRecording("/r", async () => new Response(body)), { entries: log, whole: true });
  }
});

test("of a damaged recording the good beginning is read, and it is said", async () => {
  const log = over(7);
  const cut = readLog(file(log).slice(0, -20));
  assert.deepEqual(cut.entries, log.slice(0, cut.entries.length));
  assert.ok(!cut.whole && cut.entries.length >= log.length - 2);
  const packed = gzipSync(file(log));
  const torn = await loadRecording("/r", async () => new Response(packed.subarray(0, packed.length / 2)));
  assert.deepEqual(torn.entries, log.slice(0, torn.entries.length));
  await assert.rejects(loadRecording("/r", async () => new Response("", { status: 404 })));
});

test("without a slot the log is polled, the place in the queue too, until there is one; the end gives it back", async () => {
  const all = over(3);
  const cut = all.length >> 1;
  let free = false;
  let given = 0;
  const slot = async () => (free ? () => given++ : null);
  const { sources, asked, pass, server, got } = viewer([], { slot });
  server.queue = { place: 2, estimate_s: 5, pages: 1 };
  await pass(0);
  assert.deepEqual([sources.length, asked.length, got.places], [0, 1, [server.queue]]);
  server.queue = null;
  server.epoch = "7";
  server.log = all.slice(0, cut);
  await pass(1000);
  assert.deepEqual([sources.length, got.entries.length], [0, cut]);
  free = true;
  await pass(1000);
  assert.equal(sources[0].url, `/events?last_event_id=7.${cut}`);
  const polls = asked.length;
  sources[0].say("facts", `7.${all.length}`, encode(all.slice(cut)));
  sources[0].say("end", "7.end", {});
  await pass(2000);
  assert.deepEqual([got.entries, got.ended, given, asked.length], [all, 1, 1, polls]);
});

test("a stream that is closed before its slot comes gives it back and opens nothing", async () => {
  let given = 0;
  const { sources, asked, pass, stream } = viewer([], { slot: async () => () => given++ });
  stream.close();
  await pass(0);
  assert.deepEqual([sources.length, asked.length, given], [0, 0, 1]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { createClock } from "../../../static/js/engine/clock.js";
import { create } from "../../../static/js/views/transcript/view.js";
import { played, RUN } from "./views_run.js";

/** As much of an element as a view needs that only builds lists. */
class Element {
  constructor() {
    Object.assign(this, {
      children: [],
      attributes: {},
      dataset: {},
      hidden: false,
      scrollTop: 0,
      clientHeight: 100,
      offsetTop: 0,
      offsetHeight: 10,
    });
  }
  append(...more) {
    this.children.push(...more);
  }
  replaceChildren(...more) {
    this.children = more;
  }
  setAttribute(name, value) {
    this.attributes[name] = value;
  }
  removeAttribute(name) {
    delete this.attributes[name];
  }
  getAttribute(name) {
    return this.attributes[name] ?? null;
  }
  hasAttribute(name) {
    return name in this.attributes;
  }
  addEventListener() {}
  get textContent() {
    return this.children.map((each) => (typeof each === "string" ? each : each.textContent)).join("");
  }
  set textContent(text) {
    this.children = [text];
  }
}

test("who follows a run reads its last words although no more comes after them", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let now_ms = 1000;
  t.mock.method(performance, "now", () => now_ms);
  globalThis.document = { createElement: () => new Element(), activeElement: null };
  globalThis.window = globalThis;
  t.after(() => {
    delete globalThis.document;
    delete globalThis.window;
  });
  const say = (key) => key;
  const root = new Element();
  const view = create(root, say, () => {}, { labels: {}, views: [] });
  const scene = (facts) => {
    const { tracks, history } = played(facts);
    const t_ns = facts.at(-1)[0] * 1e6;
    return { tracks, version: facts.length, t_ns, playing: true, ...createClock(history.atEnd(), say, {}, false) };
  };
  const lines = () => root.textContent.split("ms").length;
  view.draw(scene(RUN.slice(0, 6)));
  const before = lines();
  now_ms += 33; // the next frame of the stream: too soon to change the words again
  view.draw(scene(RUN.slice(0, 9)));
  assert.equal(lines(), before);
  now_ms += 400;
  t.mock.timers.tick(400);
  assert.ok(lines() > before);
  view.destroy();
});

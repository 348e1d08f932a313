import assert from "node:assert/strict";
import { test } from "node:test";
import { plansFor, plansForOne } from "../../../static/js/present/fit.js";
import { meaning } from "../../../static/js/present/keys.js";
import { PATIENCE_MS, RunSlide } from "../../../static/js/present/run_slide.js";
import { indexOfSlide, numbered, slidesOf } from "../../../static/js/present/slides.js";

const press = (key, held = {}, single = true) =>
  meaning({ key, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, ...held }, single);

test("keys while presenting are those of clickers and slide programs", () => {
  const wanted = {
    next: ["PageDown", "ArrowRight", "ArrowDown", " ", "Enter"],
    back: ["PageUp", "ArrowLeft", "ArrowUp"],
    black: ["b", "B", "."],
    full: ["F5", "f"],
    notes: ["s"],
    first: ["Home"],
    last: ["End"],
    goto: ["g"],
    run: ["r"],
    all: ["a"],
    leave: ["Escape"],
    help: ["?"],
    slower: ["["],
    faster: ["]"],
    "digit-1": ["1"],
    "digit-9": ["9"],
  };
  for (const [name, keys] of Object.entries(wanted)) for (const key of keys) assert.equal(press(key), name, key);
  assert.equal(press("ArrowRight", { shiftKey: true }), "event-on");
  assert.equal(press("ArrowLeft", { shiftKey: true }), "event-back");
  assert.equal(press("[", { ctrlKey: true, altKey: true }), "slower");
  for (const key of ["o", "l", "p", "+", "0x", "constructor"]) assert.equal(press(key), null, key);
  for (const held of [{ ctrlKey: true }, { altKey: true }, { metaKey: true }]) assert.equal(press("b", held), null);
});

test("without single-key shortcuts a clicker goes on working, and nothing that is typed does", () => {
  const stays = { PageDown: "next", PageUp: "back", ArrowRight: "next", ArrowLeft: "back", ArrowDown: "next" };
  for (const [key, name] of Object.entries(stays)) assert.equal(press(key, {}, false), name);
  assert.equal(press("Escape", {}, false), "leave");
  for (const key of ["b", ".", "f", "s", "r", "a", "g", "1", "?", "[", " "]) assert.equal(press(key, {}, false), null);
});

const lesson = {
  steps: ["guess", "look", "rule", "more", "keep"],
  scenes: [
    { step: "guess", path: true },
    { step: "look", path: true },
    { step: "rule" },
    { step: "more" },
    { step: "keep" },
  ],
  asks: true,
  recalls: ["look", "rule"],
};
const names = (slides) => slides.map(({ kind, name }) => `${kind}:${name}`);

test("the path is the question, the run, its answer, the marked steps, the sentence and the recall", () => {
  assert.deepEqual(names(slidesOf(lesson, false)), [
    "question:guess",
    "run:.run",
    "verdict:.verdict",
    "step:look",
    "keep:keep",
    "recall:recall.1",
    "recall:recall.2",
  ]);
  const all = slidesOf(lesson, true);
  assert.deepEqual(
    all.slice(3, 6).map(({ step }) => step),
    ["look", "rule", "more"],
  );
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
});

test("without a marked path, or without a question, every step is a slide", () => {
  const plain = { ...lesson, scenes: lesson.scenes.map(({ step }) => ({ step })) };
  assert.deepEqual(names(slidesOf(plain, false)), names(slidesOf(plain, true)));
  assert.deepEqual(
    names(slidesOf({ ...lesson, asks: false, recalls: [] }, true)),
    lesson.steps.map((id) => `step:${id}`),
  );
});

test("a slide keeps its place when the deck gets shorter", () => {
  const [path, all] = [slidesOf(lesson, false), slidesOf(lesson, true)];
  assert.equal(
    indexOfSlide(path, all, "more"),
    path.findIndex(({ name }) => name === "look"),
  );
  assert.equal(indexOfSlide(all, all, "more"), 5);
  assert.equal(indexOfSlide(path, all, ""), 0);
  assert.equal(indexOfSlide(path, all, "unknown"), 0);
});

test("a number leads to its slide as soon as no digit can follow, or when it is confirmed", () => {
  assert.deepEqual(numbered("", "4", 16), { typed: "", to: 3 });
  assert.deepEqual(numbered("", "1", 16), { typed: "1", to: null });
  assert.deepEqual(numbered("1", "2", 16), { typed: "", to: 11 });
  assert.deepEqual(numbered("1", "", 16), { typed: "", to: 0 });
  assert.deepEqual(numbered("1", "9", 16), { typed: "", to: null });
});

/** A run slide with a clock of its own, and what it did. */
function stage(given = {}) {
  const did = [];
  const at = { now: 0, over: false, can: true, ...given };
  const slide = new RunSlide({
    now: () => at.now,
    can: () => at.can,
    over: () => at.over,
    press: () => did.push("press"),
    abandon: () => did.push("abandon"),
  });
  return { at, did, slide };
}

test("Next on the run slide starts the run, waits, and goes on with the recording if no fact came", () => {
  const { at, did, slide } = stage();
  assert.equal(slide.does(), "run");
  assert.equal(slide.next(), false);
  at.now = PATIENCE_MS - 1;
  assert.equal(slide.does(), "wait");
  assert.equal(slide.next(), false);
  assert.deepEqual(did, ["press"]);
  at.now = PATIENCE_MS;
  assert.equal(slide.next(), true);
  assert.deepEqual(did, ["press", "abandon"]);
});

test("a run that has ended is left at once, and nothing of it is given up", () => {
  const { at, did, slide } = stage();
  slide.next();
  at.over = true;
  assert.equal(slide.next(), true);
  assert.deepEqual(did, ["press"]);
});

test("where nothing can be run, Next goes on with the recording", () => {
  const { did, slide } = stage({ can: false });
  assert.equal(slide.does(), "next");
  assert.equal(slide.next(), true);
  slide.start();
  assert.deepEqual(did, []);
});

test("what tells least gives way first, and one picture always stays", () => {
  const plans = plansFor(["lanes", "code", "cores"], true);
  assert.deepEqual(plans[0], { arranged: "beside", scale: 1, off: [] });
  assert.deepEqual(plans.at(-1).off, ["cores", "code"]);
  assert.ok(plans.every(({ off }) => !off.includes("lanes")));
  assert.ok(plansFor(["exits", "lanes"], true).every(({ off }) => !off.includes("exits")));
  assert.ok(plansFor(["exits", "code"], true).every(({ arranged }) => arranged === "stack"));
  assert.ok(plansFor(["lanes", "code"], false).every(({ arranged }) => arranged === "stack"));
  assert.deepEqual(plansForOne(["pipe", "machine", "lanes"])[0].off, ["pipe", "machine"]);
});

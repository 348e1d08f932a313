import assert from "node:assert/strict";
import { test } from "node:test";
import { createClock } from "../../../static/js/engine/clock.js";
import { createPlayer } from "../../../static/js/engine/player.js";
import { actionForCommand } from "../../../static/js/engine/player_commands.js";
import { scrubberValueText, speedFraction } from "../../../static/js/page/controls.js";
import { createFrameScheduler } from "../../../static/js/page/frame_scheduler.js";
import { commandOfKey } from "../../../static/js/page/keyboard.js";
import { createTranslator } from "../../../static/js/page/page.js";
import { formatValue } from "../../../static/js/page/server_text.js";
import { digitOf } from "../../../static/js/plot/typed_key.js";

const press = (key, held = {}) =>
  commandOfKey({ key, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, ...held });

test("keys mean what the help says", () => {
  const wanted = {
    " ": "play",
    ArrowLeft: "previous",
    ArrowRight: "next",
    Home: "home",
    End: "end",
    "[": "slower",
    "]": "faster",
    "+": "zoom-in",
    "-": "zoom-out",
    0: "fit",
    ",": "previous-change",
    ".": "next-change",
    o: "loop",
    l: "live",
    p: "present",
    "?": "help",
  };
  for (const [key, name] of Object.entries(wanted)) assert.equal(press(key), name);
  assert.equal(press("ArrowLeft", { shiftKey: true }), "pan-left");
  assert.equal(press("?", { shiftKey: true }), "help");
});

test("a key with a modifier is somebody else's, but a bracket may need AltGr", () => {
  for (const held of [{ ctrlKey: true }, { altKey: true }, { metaKey: true }]) {
    for (const key of [" ", "ArrowLeft", "p", "0", "[", "+"]) assert.equal(press(key, held), null);
  }
  assert.equal(press("[", { ctrlKey: true, altKey: true }), "slower");
  assert.equal(press("L", { shiftKey: true }), null);
  assert.equal(press("x"), null);
  assert.equal(press("constructor"), null);
});

test("on other layouts a letter is the one that is typed, else the one in its place; signs are by place", () => {
  const typed = [
    [{ key: "\u0437", code: "KeyP" }, "present"], // Cyrillic
    [{ key: "\u0434", code: "KeyL" }, "live"],
    [{ key: "\u0445", code: "BracketLeft" }, "slower"],
    [{ key: "l", code: "KeyP" }, "live"], // Dvorak types an l there
    [{ key: "w", code: "Comma" }, null],
    [{ key: "\u00fc", code: "BracketLeft" }, "slower"], // German
    [{ key: "-", code: "Slash" }, "zoom-out"],
    [{ key: "+", code: "BracketRight" }, "zoom-in"],
    [{ key: "Dead", code: "BracketLeft" }, "slower"], // AZERTY
    [{ key: "$", code: "BracketRight" }, "faster"],
    [{ key: "\u00e0", code: "Digit0" }, "fit"],
    [{ key: ";", code: "Comma" }, "previous-change"],
    [{ key: "\uff50", code: "KeyP" }, "present"], // full-width
    [{ key: "\uff0c", code: "Comma" }, "previous-change"],
    [{ key: "\u3002", code: "Period" }, "next-change"],
    [{ key: "Process", code: "KeyP" }, null], // an input method's
    [{ key: "p", code: "KeyP", isComposing: true }, null],
    [{ key: "{", code: "BracketLeft", shiftKey: true }, null],
  ];
  for (const [given, name] of typed) assert.equal(press(given.key, given), name, JSON.stringify(given));
});

test("a digit is the one that is typed, or that of its place where digits need Shift; nothing while composing", () => {
  const digit = (given) => digitOf({ shiftKey: false, ...given });
  assert.equal(digit({ key: "3", code: "Digit3" }), "3");
  assert.equal(digit({ key: '"', code: "Digit3" }), "3");
  assert.equal(digit({ key: "3", code: "Digit3", shiftKey: true }), "3");
  assert.equal(digit({ key: "#", code: "Digit3", shiftKey: true }), "");
  assert.equal(digit({ key: "\uff13", code: "Digit3" }), "3");
  assert.equal(digit({ key: "Process", code: "Digit3" }), "");
  assert.equal(digit({ key: "s", code: "KeyS" }), "");
});

test("a step goes where the log says, by the selected task where one is selected", () => {
  const tracks = { next: () => 7, previous: () => null, change: (task, _t_ns, step) => task * 100 + step };
  const player = createPlayer({ t_ns: 5 });
  assert.deepEqual(actionForCommand("next", player, tracks), { do: "seek", t_ns: 7 });
  assert.equal(actionForCommand("previous", player, tracks), null);
  assert.deepEqual(actionForCommand("next-change", player, tracks), { do: "seek", t_ns: 7 });
  assert.deepEqual(actionForCommand("previous-change", { ...player, selected: 3 }, tracks), { do: "seek", t_ns: 299 });
  assert.equal(actionForCommand("help", player, tracks), null);
});

test("however often a draw is asked for, one frame draws, and goes on as long as it is wanted", () => {
  const frames = [];
  let drawn = 0;
  const redraw = createFrameScheduler(
    () => ++drawn < 3,
    (run) => frames.push(run),
  );
  redraw();
  redraw();
  assert.equal(frames.length, 1);
  while (frames.length) frames.shift()(0);
  assert.equal(drawn, 3);
});

test("words come from labels, slots filled, and an unknown key is seen", () => {
  const say = createTranslator({ hello: "{name} on {cpu}" });
  assert.equal(say("hello", { name: "{cpu}", cpu: 1 }), "{cpu} on 1");
  assert.equal(say("hello", { name: "T1" }), "T1 on {cpu}");
  assert.equal(say("toString"), "toString");
});

test("the scrubber says the instant and who runs where", () => {
  const say = createTranslator({
    "player.task": "{name} {what}",
    "what.running": "running on CPU {cpu}",
    "player.value": "{time}, {tasks}",
    "player.comma": ", ",
  });
  const world = {
    cores: new Map([
      [1, 3],
      [0, 2],
    ]),
    tasks: new Map([
      [2, { name: "T2" }],
      [3, { name: "T3" }],
    ]),
  };
  const { place } = createClock({ trials: [], calls: new Map() }, say, {}, false);
  assert.equal(
    scrubberValueText({ world, place, t_ns: 118604220 }, say),
    "118.604\u00a0ms, T2 running on CPU 0, T3 running on CPU 1",
  );
  assert.equal(
    scrubberValueText({ world: { cores: new Map(), tasks: new Map() }, place, t_ns: 0 }, say),
    "0.000\u00a0ms",
  );
  assert.deepEqual([1, 0.5, 0.01, 0.001].map(speedFraction), ["1", "1/2", "1/100", "1/1000"]);
});

test("in a run of several trials the clock counts from the trial's zero and says which trial", () => {
  const labels = { "trial.k1": "One core", "lanes.trial": "Trial {trial}" };
  const trials = [
    { trial: 1, from_ns: 1e6, label: "k1" },
    { trial: 2, from_ns: 50e6, label: null },
  ];
  const at = (t_ns, some = trials) =>
    createClock({ trials: some, calls: new Map() }, createTranslator(labels), labels, false)
      .place(t_ns)
      .replace("\u00a0", " ");
  assert.equal(at(3e6), "One core 2.000 ms");
  assert.equal(at(49e6), "One core 48.000 ms");
  assert.equal(at(60e6), "Trial 2 10.000 ms");
  assert.equal(at(60e6, [trials[0]]), "60.000 ms");
});

test("values are written as the server writes them", () => {
  const say = createTranslator({
    "unit.ms": "ms",
    "unit.s": "s",
    "unit.x": "×",
    "unit.count": "",
    "unit.cores": "",
    "unit.percent": "%",
    "unit.us": "µs",
    "unit.bytes": "B",
  });
  const wanted = [
    [1.8349, "x", "1.83×"],
    [4, "ms", "4.0 ms"],
    [0.312, "ms", "0.31 ms"],
    [251.4, "ms", "251 ms"],
    [412, "count", "412"],
    [12345678, "bytes", "12_345_678 B"],
    [99.4, "percent", "99.4%"],
    [1.92, "cores", "1.92"],
    [1234.5, "ms", "1_235 ms"],
  ];
  for (const [value, unit, text] of wanted) {
    assert.equal(
      formatValue({ value, unit }, say)
        .replace(/\u202f/g, "_")
        .replace("\u00a0", " "),
      text,
    );
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { frameAddress, PARAMETERS } from "../../../static/js/embed/element.js";
import { heightMessages, keyMessage, parseRequest } from "../../../static/js/embed/messages.js";

const address = (attributes, base = "https://course.example/os/") =>
  frameAddress(base, (name) => attributes[name] ?? null);

test("attributes become the parameters of the embed's address, below the path of the server", () => {
  assert.equal(address({ lesson: "states" }), "https://course.example/os/embed/en/states");
  assert.equal(
    address({ lesson: "states", lang: "zh", preset: "small", t: "1200", theme: "dark", autoplay: "" }),
    "https://course.example/os/embed/zh/states?preset=small&t=1200&theme=dark&autoplay=1",
  );
  for (const name of PARAMETERS)
    assert.match(address({ lesson: "states", [name]: "x" }), new RegExp(`\\?${name}=x$`), name);
});

test("theme=auto is the reader's own, a foreign language is English, and src is a replay file", () => {
  assert.equal(address({ lesson: "states", theme: "auto", lang: "fr" }), "https://course.example/os/embed/en/states");
  assert.equal(address({ src: "kept/run.html" }), "https://course.example/os/kept/run.html");
  assert.equal(address({}), null);
});

test("what a lesson is called cannot leave the path or add a parameter", () => {
  assert.equal(
    address({ lesson: "../../api/x?y=1#z" }),
    "https://course.example/os/embed/en/..%2F..%2Fapi%2Fx%3Fy%3D1%23z",
  );
});

test("a host may play, pause, seek and step, and nothing else is understood", () => {
  assert.deepEqual(parseRequest({ type: "timeslice:play" }), { do: "play" });
  assert.deepEqual(parseRequest({ type: "timeslice:pause", t_ns: 3 }), { do: "pause" });
  assert.deepEqual(parseRequest({ type: "timeslice:seek", t_ns: 12.5 }), { do: "seek", t_ns: 12.5 });
  assert.deepEqual(parseRequest({ type: "timeslice:step", step: "one-core" }), { do: "step", step: "one-core" });
  const refused = [
    null,
    undefined,
    "timeslice:play",
    7,
    [],
    {},
    { type: "timeslice:run" },
    { type: "timeslice:seek" },
    { type: "timeslice:seek", t_ns: -1 },
    { type: "timeslice:seek", t_ns: Number.NaN },
    { type: "timeslice:seek", t_ns: "5" },
    { type: "timeslice:step" },
    { type: "timeslice:step", step: "" },
    { type: "timeslice:step", step: "a b" },
    { type: "timeslice:step", step: "x".repeat(65) },
  ];
  for (const data of refused) assert.equal(parseRequest(data), null, JSON.stringify(data));
});

test("the height is said in our own words and in those of LTI hosts, a key with its modifiers", () => {
  assert.deepEqual(heightMessages(640), [
    { type: "timeslice:height", height: 640 },
    { subject: "lti.frameResize", height: 640 },
  ]);
  const event = { key: "PageDown", code: "PageDown", shiftKey: false, ctrlKey: false, altKey: false, metaKey: false };
  assert.deepEqual(keyMessage({ ...event, more: 1 }), { type: "timeslice:key", ...event });
});

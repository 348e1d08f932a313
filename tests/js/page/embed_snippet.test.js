import assert from "node:assert/strict";
import { test } from "node:test";
import { frameAddress } from "../../../static/js/embed/element.js";
import { elementSnippet, embedPath, iframeSnippet } from "../../../static/js/page/embed_snippet.js";

const lesson = {
  snippet:
    '<iframe src="https://a.example/x/embed/en/states" title="States &amp; more" width="960" height="600" loading="lazy" sandbox="allow-forms"></iframe>',
  titles: { en: "States & more", zh: "状态" },
};
const nothing = {
  lang: "en",
  preset: null,
  step: null,
  t: null,
  theme: null,
  controls: null,
  autoplay: false,
  skip: false,
};
const all = {
  lang: "zh",
  preset: "burst",
  step: "pipe",
  t: "12345678",
  theme: "dark",
  controls: "minimal",
  autoplay: true,
  skip: true,
};
const size = { width: 960, height: 600 };

test("with nothing chosen the snippet is the server's own, letter by letter", () => {
  assert.equal(iframeSnippet(lesson, nothing, size), lesson.snippet);
  assert.equal(embedPath(lesson, nothing), "embed/en/states");
});

test("what is chosen is in the address, escaped, and the size and the title follow", () => {
  const query = "preset=burst&step=pipe&t=12345678&theme=dark&controls=minimal&autoplay=1&guess=skip";
  assert.equal(embedPath(lesson, all), `embed/zh/states?${query}`);
  const address = `https://a.example/x/embed/zh/states?${query.replaceAll("&", "&amp;")}`;
  assert.equal(
    iframeSnippet(lesson, all, { width: 720, height: 480 }),
    `<iframe src="${address}" title="状态" width="720" height="480" loading="lazy" sandbox="allow-forms"></iframe>`,
  );
});

test("the element that is offered frames the same address as the iframe", () => {
  for (const wanted of [nothing, all]) {
    const [script, element] = elementSnippet(lesson, wanted).split("\n");
    assert.equal(script, '<script type="module" src="https://a.example/x/embed.js"></script>');
    const given = Object.fromEntries(
      [...element.matchAll(/ ([a-z]+)(?:="([^"]*)")?/g)].map(([, name, value]) => [name, value ?? ""]),
    );
    const framed = frameAddress("https://a.example/x/", (name) => given[name] ?? null);
    const [path, query] = framed.split("?");
    const [ownPath, ownQuery] = `https://a.example/x/${embedPath(lesson, wanted)}`.split("?");
    assert.equal(path, ownPath);
    assert.deepEqual(new Set(new URLSearchParams(query)), new Set(new URLSearchParams(ownQuery)));
  }
});

// What an author copies: the iframe or the element for a lesson as chosen in the Embed dialog. Text in, text out.

/**
 * @typedef {object} Wanted what an embed should show; null: as the lesson has it
 * @property {string} lang of the embed
 * @property {string | null} preset
 * @property {string | null} step id
 * @property {string | null} t an instant of the log in ns
 * @property {string | null} theme light or dark; null: the reader's own
 * @property {string | null} controls minimal or none; null: all of them
 * @property {boolean} autoplay
 * @property {boolean} skip the question is not asked first
 */
/** @typedef {{ snippet: string, titles: Record<string, string> }} Lesson the snippet as the server made it, with nothing
 *  chosen, and the lesson's title in each language */

const EMBED = /embed\/(\w+)\/([a-z0-9-]+)$/;

/** The query of an embed's address, by the names that docs/embedding.md lists. @param {Wanted} wanted @returns {[string, string][]} */
export function parametersOf({ preset, step, t, theme, controls, autoplay, skip }) {
  /** @type {[string, string | null][]} */
  const all = [
    ["preset", preset],
    ["step", step],
    ["t", t],
    ["theme", theme],
    ["controls", controls],
    ["autoplay", autoplay ? "1" : null],
    ["guess", skip ? "skip" : null],
  ];
  return /** @type {[string, string][]} */ (all.filter(([, value]) => value !== null && value !== ""));
}

/** @param {string} snippet */
const sourceOf = (snippet) => /src="([^"]*)"/.exec(snippet)?.[1] ?? "";

/** Path and query of the embed: below the server's front page, without a slash before it. @param {Lesson} lesson @param {Wanted} wanted */
export function embedPath({ snippet }, wanted) {
  const slug = EMBED.exec(sourceOf(snippet))?.[2] ?? "";
  const query = new URLSearchParams(parametersOf(wanted)).toString();
  return `embed/${wanted.lang}/${slug}${query && `?${query}`}`;
}

/** The server's snippet with another address, title and size. @param {Lesson} lesson @param {Wanted} wanted
 * @param {{ width: number, height: number }} size in CSS pixels */
export function iframeSnippet(lesson, wanted, { width, height }) {
  const { snippet, titles } = lesson;
  const base = sourceOf(snippet).replace(EMBED, "");
  return snippet
    .replace(/src="[^"]*"/, () => `src="${escaped(base + embedPath(lesson, wanted))}"`)
    .replace(/title="[^"]*"/, (before) => (titles[wanted.lang] ? `title="${escaped(titles[wanted.lang])}"` : before))
    .replace(/width="\d+" height="\d+"/, `width="${width}" height="${height}"`);
}

/** The custom element, with the script that makes it one. @param {Lesson} lesson @param {Wanted} wanted */
export function elementSnippet({ snippet }, wanted) {
  const source = sourceOf(snippet);
  const [, , slug = ""] = EMBED.exec(source) ?? [];
  const attributes = [["lesson", slug], ["lang", wanted.lang], ...parametersOf(wanted)]
    .map(([name, value]) => (name === "autoplay" ? name : `${name}="${escaped(value)}"`))
    .join(" ");
  const script = `<script type="module" src="${source.replace(EMBED, "")}embed.js"></script>`;
  return `${script}\n<time-slice ${attributes}></time-slice>`;
}

/** As Python's html.escape has it, so that nothing chosen gives the server's own snippet. @param {string} text */
function escaped(text) {
  const names = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };
  return text.replace(/[&<>"']/g, (sign) => names[/** @type {keyof typeof names} */ (sign)]);
}

// The help of presenting: its keys and what they do, in a dialog on the deck.
import { html } from "../plot/svg.js";

/** @param {import("./content.js").Words} words @param {[string[], string][]} keys
 * @returns {HTMLDialogElement} */
export function helpOf(words, keys) {
  const rows = keys.map(([names, said]) => {
    const caps = names.flatMap((name) => [html("kbd", {}, name), " "]);
    return html("tr", {}, html("td", {}, ...caps), html("td", {}, said));
  });
  const close = html("button", { class: "plain" }, words("close"));
  const head = html(
    "form",
    { method: "dialog", class: "head" },
    html("h2", { id: "deck-help-title" }, words("help")),
    close,
  );
  const table = html("table", {}, html("tbody", {}, ...rows));
  const dialog = html("dialog", { class: "deck-help", "aria-labelledby": "deck-help-title" }, head, table);
  return /** @type {HTMLDialogElement} */ (dialog);
}

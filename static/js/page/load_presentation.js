// Loads the presentation (present/) when it is asked for: by its button, by the key P, or by the address (?present=). Nothing of it is here.
import { elementById } from "./page.js";

/** @param {object} given what it is handed (present/present.js, Given)
 * @returns {(how: string | null) => Promise<void>} starts it; null: not wanted */
export function bindPresentButton(given) {
  const button = elementById("projector", HTMLButtonElement);
  /** @param {string | null} how */
  const start = async (how) => {
    if (!how || !button?.dataset.module) return; // an embed has none
    const { present } = await import(button.dataset.module);
    await present({ ...given, button, how });
  };
  button?.addEventListener("click", () => start("1"));
  return start;
}

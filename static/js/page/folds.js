// Folds whose contents are fetched when they are opened (fold_contents.js). Their links lead to the same without a script.

/** @param {import("./start_form.js").StartForm} startForm brings what fetches @param {() => void} redraw what came has
 * values to fill */
export function bindFolds(startForm, redraw) {
  /** @param {EventTarget | null} fold */
  const fill = async (fold) => {
    if (!(fold instanceof HTMLDetailsElement && fold.matches("[open]:is([data-again], :has([data-part]))"))) return;
    try {
      const { fillFold, htmx } = await startForm.live();
      await fillFold(fold, htmx);
      redraw();
    } catch {
      fold.querySelector("a")?.focus(); // it can be pressed: then the browser says what is wrong
    }
  };
  document.addEventListener("toggle", ({ target }) => fill(target), true);
  document.querySelectorAll("details[open]").forEach(fill); // by a reader who was faster than the scripts
}

// Folds whose contents are fetched when they are opened (fold_contents.js). Their links lead to the same without a script.

/** @param {import("./start_form.js").StartForm} startForm brings what fetches @param {() => void} redraw what came has
 * values to fill */
export function bindFolds(startForm, redraw) {
  document.addEventListener(
    "toggle",
    async ({ target }) => {
      if (!(target instanceof HTMLDetailsElement && target.open)) return;
      const link = target.querySelector("a[data-part]");
      if (!(link instanceof HTMLAnchorElement) && !target.dataset.again) return;
      try {
        const { fillFold, htmx } = await startForm.live();
        await fillFold(target, htmx);
        redraw();
      } catch {
        if (link instanceof HTMLAnchorElement) link.focus(); // it can be pressed: then the browser says what is wrong
      }
    },
    true,
  );
}

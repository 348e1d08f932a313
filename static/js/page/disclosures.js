// <details> whose contents are fetched when they are opened (disclosure_contents.js). Their links lead to the same without a script.

/** @param {import("./start_form.js").StartForm} startForm brings what fetches @param {() => void} redraw what came has
 * values to fill */
export function bindDisclosures(startForm, redraw) {
  /** @param {EventTarget | null} disclosure */
  const fill = async (disclosure) => {
    if (!(disclosure instanceof HTMLDetailsElement && disclosure.matches("[open]:is([data-again], :has([data-part]))")))
      return;
    try {
      const { fillDisclosure, htmx } = await startForm.live();
      await fillDisclosure(disclosure, htmx);
      redraw();
    } catch {
      disclosure.querySelector("a")?.focus(); // it can be pressed: then the browser says what is wrong
    }
  };
  document.addEventListener("toggle", ({ target }) => fill(target), true);
  document.querySelectorAll("details[open]").forEach(fill); // by a reader who was faster than the scripts
}

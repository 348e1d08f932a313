// Folded passages of the text: fetched when they are opened. Their links lead to the same words without a script.

/** @param {import("./start_form.js").StartForm} startForm brings htmx @param {() => void} redraw what came has values to fill */
export function bindFolds(startForm, redraw) {
  document.addEventListener(
    "toggle",
    ({ target }) => {
      if (!(target instanceof HTMLDetailsElement) || !target.open) return;
      const link = target.querySelector("a[data-part]");
      if (link instanceof HTMLAnchorElement) void fetchInto(link, startForm, redraw);
    },
    true,
  );
}

/** @param {HTMLAnchorElement} link @param {import("./start_form.js").StartForm} startForm @param {() => void} redraw */
async function fetchInto(link, startForm, redraw) {
  const host = link.closest("div");
  if (!host) return;
  try {
    const { htmx } = await startForm.live();
    await htmx.ajax("GET", link.href, { target: host });
    redraw();
  } catch {
    link.focus(); // it can be pressed: then the browser says what is wrong
  }
}

// Terms that open: the browser opens them by tap and keyboard; this opens them by hover and puts them beside their word.

/** @param {HTMLElement} meaning @param {Element} word */
function place(meaning, word) {
  const { left, bottom, top } = word.getBoundingClientRect();
  const { offsetWidth: wide, offsetHeight: high } = meaning;
  const below = bottom + 6 + high <= innerHeight || top < high + 6;
  meaning.style.left = `${Math.max(8, Math.min(left, innerWidth - wide - 8))}px`;
  meaning.style.top = `${below ? bottom + 6 : top - high - 6}px`;
}

/** @param {EventTarget | null} target */
function meaningOf(target) {
  const word = target instanceof Element ? target.closest("[popovertarget]") : null;
  const meaning = word && document.getElementById(word.getAttribute("popovertarget") ?? "");
  return word && meaning ? { word, meaning } : null;
}

export function openTerms() {
  document.addEventListener(
    "toggle",
    ({ target }) => {
      if (!(target instanceof HTMLElement) || !target.matches(".meaning:popover-open")) return;
      const word = document.querySelector(`[popovertarget="${CSS.escape(target.id)}"]`);
      if (word) place(target, word);
    },
    true,
  );
  document.addEventListener("pointerover", ({ target, pointerType }) => {
    const found = pointerType === "mouse" ? meaningOf(target) : null;
    if (found && !found.meaning.matches(":popover-open")) found.meaning.showPopover();
  });
  document.addEventListener("pointerout", ({ target, relatedTarget, pointerType }) => {
    const found = pointerType === "mouse" ? meaningOf(target) : null;
    if (found && !(relatedTarget instanceof Node && found.meaning.contains(relatedTarget))) found.meaning.hidePopover();
  });
}

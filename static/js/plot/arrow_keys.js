// Up and down among the buttons of a list, as a list of options is expected to have it; the page and the player stay still.

/** @param {HTMLElement} list */
export function listenArrowKeys(list) {
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const buttons = [...list.querySelectorAll("button")];
    const next = buttons[buttons.findIndex((button) => button.matches(":focus")) + step];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    next.focus();
  });
}

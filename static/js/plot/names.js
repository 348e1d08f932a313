// @ts-check
// The names at the left of the lanes, as buttons that select a task; text and keys only, the canvas is elsewhere.
import { html, set, write } from "./svg.js";
import { instant } from "../engine/scale.js";
import { trialName } from "./words.js";

/** @typedef {import("./layout.js").Layout} Layout */
/** @typedef {import("./layout.js").Row} Row */
/** @typedef {{ label: string, more: string }} Plain  what a button says without a role */

/** @param {import("../types").Say} say @param {import("../types").Page} page @param {(task: number) => void} picked */
export function createNames(say, page, picked) {
  const root = html("div", { class: "lanes-names", role: "group", "aria-label": say("lanes.group") });
  /** @type {Map<string, { element: HTMLElement, name: HTMLElement, more: HTMLElement, plain?: Plain }>} */
  let shown = new Map();
  let signature = "";
  let left = 0;

  root.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const buttons = [...root.querySelectorAll("button")];
    const next = buttons[buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement)) + step];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    next.focus();
  });

  /** @param {Row} row @param {import("../engine/cast.js").Cast} cast */
  function build(row, cast) {
    const who = row.task == null ? null : cast.tasks.get(row.task);
    const name = html("span", { class: "name" }, who ? who.name : say("cores.cpu", { cpu: row.cpu ?? 0 }));
    const more = html("span", { class: "more" }, who ? aside(who) : "");
    if (!who) return { element: html("p", { class: "lanes-name" }, name, more), name, more };
    /** @param {string} called */
    const spoken = (called) => (who.type === "thread" ? say("lanes.thread", { name: called, tid: who.tid })
      : say("lanes.task", { name: called, pid: who.pid }));
    const [plain, seen] = [spoken(who.name), `${who.name} ${aside(who)}`];
    const label = plain.includes(seen) ? plain : spoken(seen); // what is seen must be part of what is said (WCAG 2.5.3)
    const element = html("button", { type: "button", class: "lanes-name", "aria-label": label }, name, " ", more);
    element.addEventListener("click", () => picked(who.task));
    return { element, name, more, plain: { label: plain, more: number(who) } };
  }

  /** @param {import("../engine/cast.js").Person} who */
  function aside(who) {
    const role = who.role && who.role !== "worker" ? `lanes.role.${who.role}` : "";
    if (role in page.labels && say(role) !== who.name) return say(role);
    return number(who);
  }

  /** @param {Layout} layout @param {import("../engine/cast.js").Cast} cast */
  function rebuild(layout, cast) {
    shown = new Map(layout.rows.map((row) => [row.key, build(row, cast)]));
    const heads = layout.groups.filter((group) => layout.relative && group.trial).map((group) => {
      const trial = /** @type {import("../engine/cast.js").Trial} */ (group.trial);
      const head = html("p", { class: "lanes-trial" }, html("strong", {}, trialName(trial, page.labels, say)),
        html("span", { class: "more" }, say("lanes.zero", { time: instant(trial.from_ns) })));
      head.style.top = `${group.y + 3}px`;
      return head;
    });
    root.replaceChildren(...heads, ...[...shown.values()].map((one) => one.element));
  }

  return {
    root,
    /** @param {Layout} layout @param {import("../engine/cast.js").Cast} cast @param {number | null} selected
     * @param {boolean} guessed */
    draw(layout, cast, selected, guessed) {
      const now = layout.groups.map((group) => [group.trial?.trial, group.trial?.label, layout.relative, ...group.rows.map((row) =>
        `${row.key}${row.task == null ? "" : cast.tasks.get(row.task)?.name}`)].join()).join(";");
      const rebuilt = now !== signature;
      if (rebuilt) rebuild(layout, cast);
      signature = now;
      root.classList.toggle("narrow", layout.narrow);
      root.classList.toggle("guessed", guessed);
      const heads = /** @type {HTMLElement[]} */ ([...root.querySelectorAll(".lanes-trial")]);
      const named = layout.groups.filter((group) => layout.relative && group.trial);
      heads.forEach((head, i) => { head.style.top = `${named[i].y + 3}px`; });
      for (const row of layout.rows) {
        const one = shown.get(row.key);
        if (!one) continue;
        one.element.style.top = `${Math.round(row.y + row.height / 2 - layout.pitch / 2)}px`;
        one.element.style.height = `${layout.pitch}px`;
        one.element.style.width = `${layout.left - 8}px`;
        if (row.task != null) set(one.element, { "aria-pressed": row.task === selected ? "true" : "false" });
      }
      if (rebuilt || layout.left !== left) trim([...shown.values()]);
      left = layout.left;
    },
    /** Who sits on each core now. @param {Layout} layout @param {(row: Row) => string} seat */
    seats(layout, seat) {
      for (const row of layout.rows) {
        const one = shown.get(row.key);
        if (one && row.task == null) write(one.more, seat(row));
      }
    },
  };
}

/** @param {import("../engine/cast.js").Person} who */
const number = (who) => (who.type === "thread" ? `tid ${who.tid}` : `pid ${who.pid}`);

/** A role that would be cut off gives way to the number, and that to nothing. @param {{ element: HTMLElement,
 * more: HTMLElement, plain?: Plain }[]} all */
function trim(all) {
  const cut = () => all.filter(({ more }) => !more.hidden && more.scrollWidth > more.clientWidth);
  for (const { more } of all) more.hidden = false;
  for (const { element, more, plain } of cut()) {
    if (!plain) continue;
    write(more, plain.more);
    set(element, { "aria-label": plain.label });
  }
  for (const { more } of cut()) more.hidden = true;
}

// Beside each of the lesson's statements: whether it holds, in words, and where to look. Its tick is the page's (page/server_text.js).
import { claimHeld, claimsAt, claimWord } from "../../engine/claims.js";
import { html, set, write } from "../../plot/svg.js";

/** @typedef {import("../../types").Scene} Scene */
/** @typedef {import("../../types").Say} Say */

class Statement {
  #name;
  #say;
  #recorded;
  #mark = html("span", { class: "claim-mark" });
  #seek = html("button", { type: "button", class: "claim-seek", hidden: true });
  #other;
  /** @type {{ at_ns: number | null, task: number | null }} */
  #where = { at_ns: null, task: null };

  /** @param {HTMLElement} item @param {Say} say @param {(t_ns: number, task: number | null) => void} go
   * @param {string | null} recorded address of the page with a recording that shows it */
  constructor(item, say, go, recorded) {
    this.#name = item.dataset.claim ?? "";
    this.#say = say;
    this.#recorded = recorded;
    this.#other = html("a", { class: "claim-seek", href: recorded ?? "", hidden: true }, say("claims.recorded"));
    if (!("counted" in item.dataset)) item.prepend(this.#mark);
    item.append(this.#seek, this.#other);
    this.#seek.addEventListener("click", () => {
      if (this.#where.at_ns !== null) go(this.#where.at_ns, this.#where.task);
    });
  }

  /** The verdict is of the playhead; where to look is known from the whole log. A run of the reader's own that did not
   * show it points to one that did. @param {Scene} scene */
  draw(scene) {
    const { last, recorded: replayed, place } = scene;
    const claims = claimsAt(scene);
    const held = claimHeld(claims, this.#name);
    set(this.#mark, { role: "img", "aria-label": this.#say(claimWord(scene, claims, this.#name)) });
    this.#other.hidden = replayed || this.#recorded === null || held !== "no";
    const { at_ns = null, task = null } = claims.get(this.#name) ?? last.claims.get(this.#name) ?? {};
    this.#where = { at_ns, task };
    this.#seek.hidden = at_ns === null;
    if (at_ns !== null) write(this.#seek, this.#say("claims.seek", { time: place(at_ns) }));
  }

  remove() {
    for (const part of [this.#mark, this.#seek, this.#other]) part.remove();
  }
}

/** @type {import("../../types").Create} */
export function create(root, say, ask, page) {
  const items = [...root.querySelectorAll("[data-claim]")].filter((item) => item instanceof HTMLElement);
  /** @param {number} t_ns @param {number | null} task */
  const go = (t_ns, task) => {
    if (task !== null) ask({ do: "select", task });
    ask({ do: "seek", t_ns });
  };
  const recorded = page.recording && `?preset=${page.preset}`;
  const statements = items.map((item) => new Statement(item, say, go, recorded));
  return {
    draw(scene) {
      for (const statement of statements) statement.draw(scene);
    },
    destroy() {
      for (const statement of statements) statement.remove();
    },
  };
}

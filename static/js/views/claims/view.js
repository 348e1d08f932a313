// Ticks the lesson's statements, which the server rendered, when the log says they hold; it judges nothing itself.
import { html, set, write } from "../../plot/svg.js";

/** @typedef {import("../../types").World} World */
/** @typedef {"yes" | "no" | "open"} Held */

/** @param {World["claims"]} claims @param {string} name @returns {Held} */
export function verdictOf(claims, name) {
  const fact = claims.get(name);
  if (!fact) return "open";
  return fact.kind === "claim.held" ? "yes" : "no";
}

const WORD = { yes: "claims.held", no: "claims.broken", open: "claims.open" };

/** @param {HTMLElement} item @param {import("../../types").Say} say @param {(t_ns: number, task: number | null) => void} go
 * @param {string | null} recorded address of the page with a recording that shows it */
function enhance(item, say, go, recorded) {
  const name = item.dataset.claim ?? "";
  const mark = html("span", { class: "claim-mark", role: "img" });
  const own = /** @type {HTMLElement | null} */ (item.querySelector("[data-count]"));
  const count = own ?? html("span", { class: "claim-count" });
  const seek = html("button", { type: "button", class: "claim-seek", hidden: true });
  const other = html("a", { class: "claim-seek", href: recorded ?? "", hidden: true }, say("claims.recorded"));
  item.prepend(mark);
  item.append(...(own ? [seek] : [count, seek]), other);
  /** @type {{ at_ns: number | null, task: number | null }} */
  let where = { at_ns: null, task: null };
  seek.addEventListener("click", () => {
    if (where.at_ns != null) go(where.at_ns, where.task);
  });

  return {
    /** The verdict is of the playhead; where to look is known from the whole log. A run of the reader's own that did not
     * show it points to one that did. @param {import("../../types").Scene} scene */
    draw({ world, last, recorded: replayed, place }) {
      const fact = world.claims.get(name);
      const held = verdictOf(world.claims, name);
      set(item, { "data-held": held });
      set(mark, { "aria-label": say(WORD[held]) });
      other.hidden = replayed || recorded === null || held !== "no";
      const counted = fact?.count != null && fact.of != null;
      write(count, counted ? say("claims.count", { count: fact.count ?? 0, of: fact.of ?? 0 }) : "");
      const known = fact ?? last.claims.get(name);
      where = { at_ns: known?.at_ns ?? null, task: known?.task ?? null };
      seek.hidden = where.at_ns == null;
      if (where.at_ns != null) write(seek, say("claims.seek", { time: place(where.at_ns) }));
    },
    remove() {
      for (const part of own ? [mark, seek, other] : [mark, count, seek, other]) part.remove();
    },
  };
}

/** @type {import("../../types").Create} */
export function create(root, say, ask, page) {
  const items = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-claim]")]);
  const marks = items.map((item) =>
    enhance(
      item,
      say,
      (t_ns, task) => {
        if (task != null) ask({ do: "select", task });
        ask({ do: "seek", t_ns });
      },
      page.recording && `?preset=${page.preset}`,
    ),
  );
  return {
    draw(scene) {
      for (const mark of marks) mark.draw(scene);
    },
    destroy() {
      for (const mark of marks) mark.remove();
    },
  };
}

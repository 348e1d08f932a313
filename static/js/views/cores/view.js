// @ts-check
// The same intervals by core: one lane a CPU with the names of who ran there, and who sits there now, in words.
import { html, write } from "../../plot/svg.js";
import { createBoard } from "../../plot/board.js";

/** @type {import("../../types").Create} */
export function create(root, say, ask, page) {
  root.replaceChildren();
  const board = createBoard({ say, ask, page, mode: () => "core" });
  const seats = html("ul", { class: "seats" });
  const empty = html("p", { class: "view-empty" }, say("lanes.empty"));
  root.append(seats, empty, board.root);

  /** @param {import("../../types").Scene} scene */
  function now(scene) {
    const cpus = scene.world.run?.cpus ?? [];
    while (seats.children.length < cpus.length) seats.append(html("li"));
    while (seats.children.length > cpus.length) seats.lastChild?.remove();
    cpus.forEach((cpu, i) => {
      const on = scene.world.cores.get(cpu);
      const name = on == null ? null : scene.world.tasks.get(on)?.name;
      const seat = /** @type {HTMLElement} */ (seats.children[i]);
      seat.classList.toggle("busy", name != null);
      write(seat, name == null ? say("cores.free", { cpu }) : say("cores.seat", { cpu, name }));
    });
  }

  return {
    draw(scene) {
      board.draw(scene);
      const rows = board.layout()?.rows.length ?? 0;
      empty.hidden = rows > 0;
      seats.hidden = rows === 0;
      if (rows) now(scene);
    },
    destroy: () => board.destroy(),
  };
}

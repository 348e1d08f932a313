// One program of the pipeline as a box: its name, its state at the end where it sleeps, and as a tank the buffer of a
// grep that does not print line by line.
import { set, svg, write } from "../../plot/svg.js";
import { what } from "../../plot/words.js";
import { endOf, gone } from "./read.js";

/** @typedef {import("../../types").Say} Say */
/** @typedef {import("../../types").Task} Task */
/** @typedef {import("./layout.js").Box} Box */
/** @typedef {import("./read.js").Read} Read */

const TANK = 50; // px wide

/** The state in one or two words: "blocked · poll". @param {Say} say @param {Task | null} task */
export function shortState(say, task) {
  if (!task) return say("what.unborn");
  if (gone(task)) return say("pipe.gone");
  if (task.state === "blocked" && task.waits_for)
    return say("pipe.blocked", { reason: say(`waits.${task.waits_for}`) });
  if (task.state === "running") return say("pipe.running", { cpu: task.cpu ?? "?" });
  return say(`state.${task.state}`);
}

/** @param {Say} say */
function createTank(say) {
  const wall = svg("rect", { class: "pipe-tank", rx: 4 });
  const level = svg("rect", { class: "pipe-held" });
  const title = svg("text", { class: "pipe-tiny" }, say("pipe.stdio"));
  const text = svg("text", { class: "pipe-tiny" });
  const root = svg("g", {}, level, wall, title, text);
  return {
    root,
    /** @param {Box} box @param {boolean} inRow @param {Read} now @param {number} size */
    draw(box, inRow, now, size) {
      const width = TANK * size;
      const tank = { x: box.x + box.width - width - 8, y: box.y + (inRow ? 34 * size : 8), width, height: 42 * size };
      const part = Math.min(1, (now.tank ?? 0) / now.room);
      set(root, { visibility: now.tanked ? "visible" : "hidden" });
      set(wall, { ...tank });
      set(level, {
        x: tank.x + 1,
        width: tank.width - 2,
        height: tank.height * part,
        y: tank.y + tank.height * (1 - part),
      });
      const middle = tank.x + tank.width / 2;
      set(title, { x: middle, y: tank.y + 16 * size });
      set(text, { x: middle, y: tank.y + 32 * size });
      write(text, now.tank === null ? "–" : say("pipe.bytes", { bytes: now.tank }));
    },
  };
}

/** @param {Say} say @param {"tail" | "grep"} role @param {(intent: import("../../types").Intent) => void} ask */
export function createProgram(say, role, ask) {
  const frame = svg("rect", { class: "pipe-box", rx: 8 });
  const name = svg("text", { class: "pipe-name" });
  const who = svg("text", { class: "pipe-who" });
  const pill = svg("rect", { class: "pipe-pill", rx: 12 });
  const state = svg("text", { class: "pipe-state" });
  const moon = svg("path", { class: "pipe-moon" });
  const tank = role === "grep" ? createTank(say) : null;
  const root = svg("g", { class: "pipe-program", role: "img" }, frame, name, who, pill, state, moon);
  if (tank) root.append(tank.root);
  let task = 0;
  root.addEventListener("click", () => task && ask({ do: "select", task })); // by keyboard: in the lanes and the machine

  return {
    root,
    /** @param {Box} box @param {boolean} inRow @param {Task | null} now @param {Read} all @param {import("../../types").Scene} scene
     *  @param {number} size */
    draw(box, inRow, now, all, scene, size) {
      task = now?.task ?? 0;
      const shown = gone(now) ? "zombie" : (now?.state ?? "unborn");
      const words = shortState(say, now);
      const fits = wide(words) * size + 42 <= box.width; // else the reason stands above its state
      set(root, {
        "data-state": shown,
        "data-selected": task !== 0 && scene.selected === task,
        "aria-label": say("stage.token", {
          name: role,
          what: now ? what(say, scene.tracks.at(now.task, scene.t_ns), gone(now)) : words,
        }),
      });
      set(frame, { ...box });
      set(name, { x: box.x + 12, y: box.y + 24 * size });
      write(name, say(`pipe.${role}`));
      set(who, { x: box.x + 12, y: box.y + 43 * size });
      write(
        who,
        !now ? "" : fits || !now.waits_for ? say("pipe.pid", { pid: now.pid }) : say(`waits.${now.waits_for}`),
      );
      bed(box, inRow, fits || !now ? words : say(`state.${now.state}`), endOf(now), tank !== null && all.tanked, size);
      tank?.draw(box, inRow, all, size);
    },
  };

  /** The state, at the end where it waits, else in the middle; a moon on the edge of the box says that it sleeps there.
   * @param {Box} box @param {boolean} inRow @param {string} words @param {"in" | "out" | null} end @param {boolean} tanked
   * @param {number} size */
  function bed(box, inRow, words, end, tanked, size) {
    const width = Math.min(box.width - 16, wide(words) * size + 26);
    const height = 25 * size;
    const right = box.x + box.width - width - 8 - (tanked && !inRow ? (TANK + 8) * size : 0);
    const { x, y } = place(box, inRow, end, right, width, height);
    set(pill, { x, y, width, height, rx: height / 2 });
    set(state, { x: x + width / 2, y: y + 17 * size });
    write(state, words);
    const [atX, atY] = inRow
      ? [end === "out" ? box.x + box.width : box.x, y - 9 * size]
      : [box.x + box.width / 2 + 26, end === "out" ? box.y + box.height : box.y];
    set(moon, { d: end ? crescent(atX, atY, 7 * size) : "" });
  }
}

/** Where the state stands: in a row at the left or right end or between them, else above, below or halfway.
 * @param {Box} box @param {boolean} inRow @param {"in" | "out" | null} end @param {number} right x if it stands at the right
 * @param {number} width @param {number} height @returns {{ x: number, y: number }} */
export function place(box, inRow, end, right, width, height) {
  const [first, last] = [box.y + 8, box.y + box.height - height - 8];
  if (inRow) return { x: end === "out" ? right : end === "in" ? box.x + 8 : box.x + (box.width - width) / 2, y: last };
  return { x: right, y: end === "out" ? last : end === "in" ? first : (first + last) / 2 };
}

/** Rough width of a text of 13 px: Han characters are twice as wide. @param {string} text */
export const wide = (text) => [...text].reduce((sum, one) => sum + (/[\u2e80-\uffef]/.test(one) ? 13 : 7.2), 0);

/** @param {number} x @param {number} y @param {number} r */
const crescent = (x, y, r) =>
  `M${x + r * 0.4} ${y - r}A${r} ${r} 0 1 0 ${x + r} ${y + r * 0.4}A${r * 0.8} ${r * 0.8} 0 0 1 ${x + r * 0.4} ${y - r}Z`;

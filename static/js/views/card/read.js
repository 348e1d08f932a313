// A card as the fold of task.described: its columns are tasks, or looks at one task; its rows the lines of the table entry.
import { taskName } from "../../plot/words.js";

/** @typedef {import("../../types").World} World */
/** @typedef {import("../../types").Task} Task */
/** @typedef {import("../../types").DrawnCard} DrawnCard */
/** @typedef {import("../../types").Scene} Scene */
/** @typedef {{ title: string, task: Task, cells: Map<string, string>, was: Map<string, string> }} Column
 *  `cells`: lines that are there; `was`: the last text of every line that ever was */

/** The lines of a task's card, cut off at each step of `looks`. Pure.
 * @param {import("../../types").Tracks} tracks @param {number} task @param {number} t_ns @param {string[]} looks
 * @returns {{ look: string, lines: [string, string][] }[]} each column's newest texts, empty texts included */
export function looksAt(tracks, task, t_ns, looks) {
  /** @type {{ look: string, lines: [string, string][] }[]} */
  const found = looks.length ? [] : [{ look: "", lines: [] }];
  /** @type {[string, string][]} */
  const all = []; // what was told before a look is not told again while it stays the same
  let open = !looks.length;
  for (const { entry } of tracks.otherEntries(0, t_ns)) {
    const { fact } = entry;
    if (!("task" in fact) || fact.task !== task) continue;
    if (fact.kind === "step" && looks.length) {
      open = looks.includes(fact.label); // a look ends with the next step
      if (open && found.at(-1)?.look !== fact.label) found.push({ look: fact.label, lines: [...all] });
    }
    if (fact.kind !== "task.described") continue;
    all.push([fact.of, fact.text]);
    if (open) found.at(-1)?.lines.push([fact.of, fact.text]);
  }
  return found;
}

/** Who is on the card: tasks by name or role, else the selected one, else the first that was described.
 * @param {Scene} scene @param {DrawnCard} drawn @returns {Task[]} */
export function subjects({ world, selected }, { who = [] }) {
  const known = [...world.tasks.values()];
  const trial = world.trials.at(-1)?.trial ?? null;
  const named = who.flatMap((name) =>
    known.filter((task) => task.trial === trial && (task.name === name || task.role === name)),
  );
  if (named.length) return named;
  const described = [...world.cards.keys()].map((key) => Number(key.split(":")[0]));
  const task = selected !== null && described.includes(selected) ? selected : described[0];
  return known.filter((each) => each.task === task);
}

/** @param {Scene} scene @param {DrawnCard} drawn @param {import("../../types").Say} say
 * @param {import("../../engine/timeline.js").Timeline} timeline @param {(look: string) => string} titled @returns {Column[]} */
export function columnsOf(scene, drawn, say, timeline, titled) {
  const tasks = subjects(scene, drawn);
  const all = drawn.looks?.length ? tasks.slice(0, 1) : tasks;
  return all.flatMap((task) =>
    looksAt(scene.tracks, task.task, scene.t_ns, drawn.looks ?? []).map(({ look, lines }) => ({
      title: look ? titled(look) : `${taskName(timeline, task.task, say)} · pid ${task.pid}`,
      task,
      cells: new Map([...new Map(lines)].filter(([, text]) => text !== "")),
      was: new Map(lines.filter(([, text]) => text !== "")),
    })),
  );
}

/** The rows a card has, in order: those wanted, "fd" standing for every descriptor, "file" for those of files; none wanted: all.
 * @param {Column[]} columns @param {string[] | undefined} wanted @returns {string[]} */
export function rowsOf(columns, wanted) {
  const known = [...new Set(columns.flatMap(({ was }) => [...was.keys()]))];
  if (!wanted) return known;
  return wanted.flatMap((of) => {
    if (of === "file") return known.filter((name) => name.startsWith("fd ") && isFile(columns, name));
    return known.includes(of) ? [of] : known.filter((name) => name.startsWith(`${of} `));
  });
}

/** Whether a descriptor has been that of a file, and not of a device or a pipe. @param {Column[]} columns @param {string} name */
const isFile = (columns, name) => columns.some(({ was }) => /^\/(?!dev\/)/.test(was.get(name) ?? ""));

/** What a cell says of a line, and whether that is other than before: "same" as in the column before, "changed", "gone".
 * @param {Column[]} columns @param {number} index @param {string} of */
export function cellOf(columns, index, of) {
  const text = columns[index].cells.get(of) ?? null;
  if (text === null) return { text: null, kind: columns[index].was.has(of) ? "gone" : "none" };
  const before = index > 0 && columns[0].task.task === columns[index].task.task ? columns[index - 1] : null;
  if (!before) return { text, kind: "first" };
  return { text, kind: before.cells.get(of) === text ? "same" : "changed" };
}

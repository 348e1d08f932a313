// The names at the left of the lanes, as buttons that select a task; text and keys only, the canvas is elsewhere.
import { instant } from "../engine/scale.js";
import { listenArrowKeys } from "./arrow_keys.js";
import { html, set, write } from "./svg.js";
import { spokenName, trialName } from "./words.js";

/** @typedef {import("../types").Say} Say */
/** @typedef {import("../engine/timeline.js").Timeline} Timeline */
/** @typedef {import("../engine/timeline.js").TaskInfo} TaskInfo */
/** @typedef {import("./layout.js").Layout} Layout */
/** @typedef {import("./layout.js").Group} Group */
/** @typedef {import("./layout.js").Row} Row */
/** @typedef {{ label: string, more: string }} Words
 * @typedef {{ element: HTMLElement, name: HTMLElement, more: HTMLElement, full?: Words, plain?: Words }} Name
 *   `full`: what a button says; `plain`: without a role */

export class LaneNames {
  root;
  #say;
  #labels;
  #picked;
  /** By key of the row. @type {Map<string, Name>} */
  #names = new Map();
  /** @type {HTMLElement[]} */
  #heads = [];
  #signature = "";
  #left = 0;
  #unmeasured = false; // whether text that would be cut is still to be looked for

  /** @param {Say} say @param {import("../types").Page} page @param {(task: number) => void} picked */
  constructor(say, page, picked) {
    this.#say = say;
    this.#labels = page.labels;
    this.#picked = picked;
    this.root = html("div", { class: "lanes-names", role: "group", "aria-label": say("lanes.group") });
    listenArrowKeys(this.root);
    new ResizeObserver(this.#measure).observe(this.root);
  }

  /** @param {Layout} layout @param {Timeline} timeline @param {Pick<import("../types").Scene, "selected" | "guess">} scene */
  draw(layout, timeline, { selected, guess }) {
    const signature = signatureOf(layout, timeline);
    const rebuilt = signature !== this.#signature;
    if (rebuilt) this.#rebuild(layout, timeline);
    this.#signature = signature;
    this.root.classList.toggle("narrow", layout.narrow);
    this.root.classList.toggle("guessed", guess !== null);
    namedGroups(layout).forEach(({ y }, i) => {
      this.#heads[i].style.top = `${y + 3}px`;
    });
    for (const row of layout.rows) this.#place(row, layout, selected);
    if (rebuilt || layout.left !== this.#left) this.#unmeasured = true;
    this.#left = layout.left;
    this.#measure();
  }

  /** A view that is drawn while another stands in its place has no widths: it is measured as soon as it is shown. */
  #measure = () => {
    if (!this.#unmeasured || !this.root.clientWidth) return;
    this.#unmeasured = false;
    hideCutText([...this.#names.values()]);
  };

  /** Who sits on each core now. @param {Layout} layout @param {(row: Row) => string} seat */
  setOccupants(layout, seat) {
    for (const row of layout.rows) {
      const name = this.#names.get(row.key);
      if (name && row.task === null) write(name.more, seat(row));
    }
  }

  /** @param {Row} row @param {Layout} layout @param {number | null} selected */
  #place(row, layout, selected) {
    const element = this.#names.get(row.key)?.element;
    if (!element) return;
    element.style.top = `${Math.round(row.y + row.height / 2 - layout.pitch / 2)}px`;
    element.style.height = `${layout.pitch}px`;
    element.style.width = `${layout.left - 8}px`;
    if (row.task !== null) set(element, { "aria-pressed": String(row.task === selected) });
  }

  /** @param {Layout} layout @param {Timeline} timeline */
  #rebuild(layout, timeline) {
    this.#names = new Map(layout.rows.map((row) => [row.key, this.#build(row, timeline)]));
    this.#heads = namedGroups(layout).map(({ trial }) => {
      const zero = html("span", { class: "more" }, this.#say("lanes.zero", { time: instant(trial.from_ns) }));
      return html("p", { class: "lanes-trial" }, html("strong", {}, trialName(trial, this.#labels, this.#say)), zero);
    });
    const held = this.root.querySelector(":focus")?.getAttribute("data-task");
    this.root.replaceChildren(...this.#heads, ...[...this.#names.values()].map(({ element }) => element));
    const again = held && this.root.querySelector(`[data-task="${held}"]`);
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  }

  /** @param {Row} row @param {Timeline} timeline @returns {Name} */
  #build(row, timeline) {
    const task = row.task === null ? null : timeline.tasks.get(row.task);
    if (task) return this.#button(task);
    const [name, more] = [html("span", { class: "name" }), html("span", { class: "more" })];
    write(name, this.#say("cores.cpu", { cpu: row.cpu ?? 0 }));
    return { element: html("p", { class: "lanes-name" }, name, more), name, more };
  }

  /** @param {TaskInfo} task @returns {Name} */
  #button(task) {
    const words = spokenName(task.name, this.#say, task.role);
    const [name, more] = [html("span", { class: "name" }, words), html("span", { class: "more" }, this.#aside(task))];
    const [plain, seen] = [this.#spoken(task, words), `${words} ${this.#aside(task)}`];
    const label = plain.includes(seen) ? plain : this.#spoken(task, seen); // what is seen must be part of what is said (WCAG 2.5.3)
    const attributes = { type: "button", class: "lanes-name", "aria-label": label, "data-task": task.task };
    const element = html("button", attributes, name, " ", more);
    const full = { label, more: this.#aside(task) };
    element.addEventListener("click", () => this.#picked(task.task));
    return { element, name, more, full, plain: { label: plain, more: taskNumber(task) } };
  }

  /** @param {TaskInfo} task @param {string} name */
  #spoken({ type, tid, pid }, name) {
    return type === "thread" ? this.#say("lanes.thread", { name, tid }) : this.#say("lanes.task", { name, pid });
  }

  /** @param {TaskInfo} task */
  #aside(task) {
    const role = task.role && task.role !== "worker" ? `lanes.role.${task.role}` : "";
    return role in this.#labels && this.#say(role) !== spokenName(task.name, this.#say, task.role)
      ? this.#say(role)
      : taskNumber(task);
  }
}

/** The groups whose trial is named above them. @param {Layout} layout */
const namedGroups = (layout) =>
  layout.groups.flatMap(({ trial, y }) => (layout.relative && trial ? [{ trial, y }] : []));

/** Changes when other rows, names or trials are shown, or those of another log.
 * @param {Layout} layout @param {Timeline} timeline */
function signatureOf({ groups, relative }, timeline) {
  /** @param {Row} row */
  const row = ({ key, task }) => {
    const { name = "", tid = 0, role = "" } = timeline.tasks.get(task ?? -1) ?? {};
    return `${key} ${name} ${tid} ${role}`;
  };
  const head = (/** @type {Group} */ { trial }) => [trial?.trial, trial?.label, trial?.from_ns, relative];
  return groups.map((group) => [...head(group), ...group.rows.map(row)].join()).join(";");
}

/** @param {TaskInfo} task */
const taskNumber = ({ type, tid, pid }) => (type === "thread" ? `tid ${tid}` : `pid ${pid}`);

/** A role that would be cut off gives way to the number, and that to nothing, until there is room again. @param {Name[]} names */
function hideCutText(names) {
  const cut = () => names.filter(({ more }) => !more.hidden && more.scrollWidth > more.clientWidth);
  /** @param {Name} name @param {Words} [words] */
  const say = ({ element, more }, words) => {
    if (!words) return;
    write(more, words.more);
    set(element, { "aria-label": words.label });
  };
  for (const name of names) {
    name.more.hidden = false;
    say(name, name.full);
  }
  for (const name of cut()) say(name, name.plain);
  for (const { more } of cut()) more.hidden = true;
}

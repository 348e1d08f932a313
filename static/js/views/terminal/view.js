// What the pipeline has printed up to the playhead, as on a terminal: the command, then its lines, the pattern marked.
import { html, write } from "../../plot/svg.js";
import { read } from "../pipe/read.js";

const PATTERN = "404"; // what grep looks for in this lesson

/** The command as a shell would be given it. @param {Record<string, unknown> | undefined} params */
export function commandOf(params) {
  const tail = params?.inotify === false ? "tail ---disable-inotify -f access.log" : "tail -f access.log";
  return `$ ${tail} | grep ${params?.buffered === true ? "" : "--line-buffered "}-F -e ${PATTERN} --`;
}

/** A line cut at every place where the pattern stands; odd parts are the pattern. @param {string} line */
export const parts = (line) => line.split(new RegExp(`(${PATTERN})`));

/** @type {import("../../types").Create} */
export function create(root, say) {
  const command = html("p", { class: "terminal-command" });
  const lines = html("pre", { class: "terminal-lines" });
  const screen = html(
    "div",
    { class: "terminal-screen", tabindex: 0, role: "region", "aria-label": say("terminal.label") },
    command,
    lines,
  );
  root.replaceChildren(screen);
  let shown = "";

  /** @param {string} text */
  function print(text) {
    if (text === shown) return;
    const more = text.startsWith(shown) ? text.slice(shown.length) : text;
    if (more === text) lines.replaceChildren();
    shown = text;
    lines.append(
      ...more.split(/(?<=\n)/).flatMap((line) => parts(line).map((part, i) => (i % 2 ? html("b", {}, part) : part))),
    );
    screen.scrollTop = screen.scrollHeight;
  }

  return {
    draw(scene) {
      const now = read(scene, 0);
      write(command, commandOf(now.story?.params));
      print(now.printed);
    },
  };
}

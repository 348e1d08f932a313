// The contract between the engine (main, player) and the views: what a view is given, what it may ask for.
// events.d.ts beside it is generated from server/events.py; this file is written by hand.
import type { Entry, Fact, RunProof, State, Cause, WaitsFor } from "./events";
export type { Entry, Fact, RunProof, State, Cause, WaitsFor };

export interface Task {
  task: number; pid: number; tid: number; parent: number; name: string;
  type: "process" | "thread"; how: string; trial: number | null; role: string | null;
  state: State; cause: Cause; since_ns: number;
  cpu: number | null;              // core it runs on, or last ran on
  waits_for: WaitsFor | null; syscall: number | null;
  by: number | null; by_name: string | null; error_ns: number | null;
  step: { label: string; line: number | null; code: string | null } | null;
  code: number | null; signal: number | null; reaped: boolean;
  running_ns: number; ready_ns: number; blocked_ns: number;   // totals up to the playhead
}

export interface Call {
  call: number; task: number; style: string; from_ns: number; returned_ns: number | null;
  notified_ns: number | null; how: string | null; result: string | null; count: number | null;
}

/** What holds at one instant: small, plain data, foldable and cloneable. */
export interface World {
  t_ns: number;
  run: Extract<Fact, { kind: "run.started" }> | null;
  tier: string | null;
  tasks: Map<number, Task>;
  cores: Map<number, number>;      // cpu -> running task
  trial: number | null;
  trials: { trial: number; from_ns: number; to_ns: number | null; params: Record<string, unknown>; label: string | null }[];
  claims: Map<string, Extract<Fact, { kind: "claim.held" | "claim.broken" }>>;
  values: Map<string, Extract<Fact, { kind: "value.measured" }>>;   // key: name, or name@trial
  proof: Map<number, Extract<Fact, { kind: "proof.checked" }>>;
  calls: Map<number, Call>;        // the newest 1,024
  memory: Map<string, Extract<Fact, { kind: "memory.measured" }>>;   // newest of each "task:what"
  pages: Map<string, Extract<Fact, { kind: "memory.pages" }>>;       // newest of each "task:of"
  cards: Map<string, string>;      // newest text of each "task:of"
  places: Map<number, Extract<Fact, { kind: "task.moved" }>>;   // parent, group, session, foreground of each task
  allowed: Map<number, number[]>;  // cores a task may use, where that was said
  cells: Map<string, Extract<Fact, { kind: "cell.written" }>>;       // newest of each "task:name"
  measured: Map<number, Extract<Fact, { kind: "task.measured" }>>;
  pipes: Map<string, { bytes: number; capacity: number }>;
  output: { task: number; stream: string; text: string; t_ns: number }[];   // bounded, newest last
  counts: { switches: number; preempted: number; waits: number; woken: number };
  lost: number;
  ended: Extract<Fact, { kind: "run.ended" }> | null;
}

/** One interval of one task, read out of the columnar index. */
export interface Interval {
  task: number; from_ns: number; to_ns: number | null;   // null: still open
  state: State; cause: Cause; cpu: number | null; waits_for: WaitsFor | null; syscall: number | null;
  by: number | null; by_name: string | null; error_ns: number | null; source: "seen" | "told" | "derived";
  position: number;                                       // log position of the entry that opened it
}

/** Append-only columnar index: a track a task, and all other entries, for lanes and transcripts. */
export interface Tracks {
  readonly end_ns: number;
  tasks(): number[];                                       // in birth order
  track(task: number): Track;
  between(task: number, from_ns: number, to_ns: number): Iterable<Interval>;   // overlapping, in order
  at(task: number, t_ns: number): Interval | null;
  otherEntries(from_ns: number, to_ns: number): Iterable<{ t_ns: number; position: number; entry: Entry }>;  // all but task.state
  next(t_ns: number, task?: number | null): number | null; // instant of the next event (of that task)
  previous(t_ns: number, task?: number | null): number | null;
  entries(from_ns: number, to_ns: number, limit: number): { position: number; entry: Entry }[];
  /** Share of each state in each of so many equal parts, buckets × 5 in the order of Track.state; exact at every zoom, nothing lost. */
  shares(task: number, from_ns: number, to_ns: number, buckets: number): Float32Array;
  change(task: number, t_ns: number, step: 1 | -1): number | null;   // instant of the task's next/previous change
  cores(): number[];                                       // cpus on which a task of the run was seen, ascending
  core(cpu: number): CoreTrack;
  busy(cpu: number, from_ns: number, to_ns: number, buckets: number): Float32Array;   // share with a task on it
}

/** Who was on a core: interval i ends where i+1 begins; task 0 is "no task of this run". */
export interface CoreTrack { cpu: number; length: number; from_ns: Float64Array; task: Int32Array }

/** One task's intervals, in columns; the first `length` values of each array are valid. The arrays grow by being replaced:
 *  ask for the track at every draw. state: 0 ready, 1 running, 2 blocked, 3 stopped, 4 zombie, 5 gone (reaped: draw
 *  nothing). cpu: -1 is none. */
export interface Track {
  task: number; length: number;
  from_ns: Float64Array; state: Uint8Array; cpu: Int32Array;   // interval i ends where i+1 begins
}

/** t_ns ⇄ pixels. */
export interface Scale {
  from_ns: number; to_ns: number; width: number;
  x(t_ns: number): number; t(x: number): number;
  ticks(count: number): { t_ns: number; text: string }[];
}

export interface Scene {
  world: World; tracks: Tracks; scale: Scale;
  last: World;                          // the world at the end of what is known: verdicts, values, proof
  recorded: boolean;                    // true: a shipped recording, made elsewhere; world.run says where
  t_ns: number; end_ns: number; live: boolean; playing: boolean; speed: number;
  own?: boolean;                        // this page holds the run's key, and may act on it
  selected: number | null;
  loop: [number, number] | null;
  guess: string | null;                 // key of the picked answer
  only?: { trials: number[]; tasks: number[] };   // what the step's scene draws; empty: all
  moment_ns?: number | null;            // the step's moment, while the playhead is elsewhere
  lanes?: "task" | "core";              // how the lanes are folded; task if absent
  measured?: { t_ns: number; task: number | null }[];   // the two instants that the step's scene measures between
  veiled?: boolean;                     // the question is open: nothing after the playhead, no lane that is asked about
  projector: boolean; reduced: boolean; // prefers-reduced-motion
  version: number;                      // rises when the log grew; lets a view skip work
  time: (t_ns: number) => string;       // an instant as the picture's axis says it, from its own trial's zero
  place: (t_ns: number) => string;      // the same under its trial's name, where there are several
}

/** What a view may ask the player to do; it never does it itself. */
export type Intent =
  | { do: "seek"; t_ns: number }
  | { do: "select"; task: number | null }
  | { do: "zoom"; factor: number; at_ns: number }
  | { do: "pan"; by_ns: number }
  | { do: "show"; from_ns: number; to_ns: number }
  | { do: "loop"; range: [number, number] | null }
  | { do: "evidence"; position: number }
  | { do: "action"; action: string; text?: string }
  | { do: "answer"; answer: string }
  | { do: "group"; lanes: "task" | "core" };

/** label("key", {slot: value}) in the page's language; an unknown key throws in tests and shows the key else. */
export type Say = (key: string, slots?: Record<string, string | number>) => string;

/** The element over which scene.scale lies carries `data-plot` (a canvas beside its lane names, say): its width is
 *  scale.width, and main turns wheel, pinch, drag and click on it into zoom, pan and seek, unless the view already
 *  called preventDefault. */
export interface View {
  draw(scene: Scene): void;
  destroy?(): void;
  /** The window it shows, on the run's clock, around the playhead's trial; null if it shows the scene's. Zooming by keys
   *  and buttons starts from it. */
  shown?(): { from_ns: number; to_ns: number } | null;
}
/** Every static/js/views/<name>.js exports `create`. `root` is empty or holds server-rendered markup to enhance. */
export type Create = (root: HTMLElement, say: Say, ask: (intent: Intent) => void, page: Page) => View;

/** What a lesson's views draw by and no fact says: names of its own steps and roles, declared by the lesson (Lesson.drawn). */
export interface Drawn {
  begins?: string[];                    // steps at which a call's worker begins
  done?: string[];                      // steps after which a call's result is there
  writes?: Record<string, number>;      // steps that write to the file, and how many lines
  outside?: string[];                   // roles of tasks that act on the others and do not belong to them
  aside?: string[];                     // roles whose lanes give way where only few are wanted
  arrows?: "selected";                  // wake-ups: those of the selected row alone; left out: all, if no row is selected
  guess?: false;                        // no mark where a guess lies: the question is not about one instant
  command?: [string, (string | null)?, unknown?][];   // the words of a shell command; [word, param, value] where it depends
  pattern?: string;                     // what the command looks for
  memory?: "columns" | "copies";        // memory of two tasks page by page, or of one file in more and more tasks
  starts?: string;                      // a value of each trial: how long a child took to its first word
  tree?: { keys?: Record<string, [number, string]> };   // actions that the terminal turns into a signal: its number and name
  exits?: { bye?: string };             // what a process says last, where it can (view exits)
  card?: DrawnCard;
}

/** What the view card shows of task.described: `rows` in this order ("fd" for every descriptor, "file" for those of files; absent: all that is known).
 *  Columns are the tasks `who` (names or roles; absent: the selected task, else the first that was described). With `looks`,
 *  columns are looks at one task, each begun by the step of that label. `action` is offered for a zombie in a live run of the reader's own. */
export interface DrawnCard { rows?: string[]; who?: string[]; looks?: string[]; action?: string }

/** The one JSON block of a page: <script type="application/json" id="page">. */
export interface Page {
  root: string;                         // the path below which the world sees the server; "": at the top
  lang: "zh" | "en"; slug: string; preset: string; params: Record<string, unknown>;
  views: string[];
  sheet: string | null;                 // address of the style sheet of what is opened; null: it is here
  words: string | null;                 // address of the labels that are said only when something is opened; null: all are here
  labels: Record<string, string>;       // templates with named slots: "{name} runs on CPU {cpu}"
  answers: string[]; right: string;
  claims: { name: string; kind: "asserted" | "counted" }[];
  recording: string | null;             // address of the shipped recording shown before any click
  opening: { t_ns: number; from_ns: number | null; to_ns: number | null; speed: number } | null;
  files: Record<string, string> | null; // of a file without a server: preset → its recording as a data URL; "": that of `own`
  own: { id: string; preset: string } | null;   // … and the run that it is of, if that is no recording of the lesson
  run: { id: string; key?: string; status: string; events: string; log: string } | null;
  embed: boolean;
  drawn: Drawn;
  scenes: StepScene[];                  // one a step, in order; docs/design.md, "Scenes"
  defaults: Record<string, unknown>;    // every parameter
  presets: Record<string, PresetOnPage>;
  see: string | null;                   // the step whose scene decides the question; null: the lesson asks in the old way
  step: string | null;                  // the step that the page was made for, where its address names or implies one
  veiled: boolean;                      // nothing that answers is shown until the reader guesses, skips or turns on
}

/** What differs from preset to preset; scripts swap it in place. */
export interface PresetOnPage {
  recorded?: true;                      // a recording is shipped
  params?: Record<string, unknown>;     // that are not the defaults
  claims?: string[];                    // names of claims that it cannot show
  lacks?: string;                       // why this machine cannot run it
  provenance?: string;
}

/** A predicate on the log (server/lesson/scenes.py): absent fields are n = 1, share = 0, offset_ns = 0, else anything. */
export interface Moment {
  kind: "claim" | "caption" | "fact" | "span" | "wake" | "ended" | "call" | "trial" | "end";
  name?: string; who?: string; trial?: string; n?: number; share?: number; waits_for?: string;
  where?: Record<string, string | number | boolean>; offset_ns?: number;
}

/** The picture of one step; what is absent follows from the moment, the preset and the lesson. */
export interface StepScene {
  step: string; preset: string; at: Moment;
  around?: { ns: number } | { share: number } | { turns: number };
  lead?: number;                        // share of the window before the playhead; absent: 0.5
  trials?: string[]; tasks?: string[]; views?: string[];
  select?: string;                      // a task's name or role, or "*": the moment's task
  code?: { symbol: string; first: number; last: number; lit?: [number, number] };   // lines of the symbol, from 1
  claim?: string; action?: string; same?: string; path?: true;
  play?: { speed: number; from?: Moment };
  measure?: [Moment, Moment];           // the picture measures between the two
}

/** What a run's stream, or its log, brings (engine/stream.js). */
export interface StreamHandlers {
  entries(first: number, entries: Entry[]): void;   // `first` is the position of the first of them
  clear(): void;                        // a new epoch began: forget everything
  end(note: string | null): void;       // nothing will follow; `note` tells what became of the recording
  queued?(place: { place: number; estimate_s: number; pages: number; why?: string }): void;   // it waits, and where
  state(state: "open" | "lost" | "gone"): void;     // of the connection
}

/** What of a browser a stream uses; without `slot` it opens at once. */
export interface StreamEnv {
  EventSource: typeof EventSource; fetch: typeof fetch;
  wait(run: () => void, ms: number): unknown;
  slot?(): Promise<(() => void) | null>;
}

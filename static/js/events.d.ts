// Generated from server/events.py by `python -m server.schema`; do not edit.

export type Source = "seen" | "told" | "derived";

export type Tier = "exact+wake" | "exact" | "sampled" | "recording";

export type State = "ready" | "running" | "blocked" | "stopped" | "zombie";

export type Cause = "dispatched" | "preempted" | "woken" | "born" | "waits" | "stopped" | "continued" | "exited";

export type EndReason = "finished" | "failed" | "stopped" | "interrupted";

export type RunVerdict = "proved" | "differs" | "not_proved" | "sampled";

export type How = "fork" | "exec" | "vfork" | "spawn" | "forkserver" | "thread" | "interpreter";

export type WaitsFor = "sleep" | "pipe_read" | "pipe_write" | "socket" | "poll" | "futex" | "gil" | "lock" | "child" | "disk" | "barrier" | "signal" | "other";

/** The verdict on a whole run (server/log/proof_verdict.py); a dictionary, so that it is the same in JSON. */
export interface RunProof {
  /** the run counts as recorded without reserve only if this is "proved" */
  verdict: RunVerdict;
  /** tasks whose records equal the kernel's own counters */
  proved: number;
  /** tasks that must: all that the stage started, and all others whose counters could be read */
  owed: number;
  /** tasks of an experiment's own library whose counters nobody could read: beside the others */
  unread: number;
  /** records and facts that should be in the log and are not */
  lost: number;
}

/** The first fact of every log: what was started, where, and how it is observed. */
export interface RunStarted {
  kind: "run.started";
  /** slug of the lesson */
  lesson: string;
  /** the validated parameters, defaults filled in */
  params: Record<string, unknown>;
  /** how the kernel was heard */
  tier: Tier;
  /** CPU numbers the run may use */
  cpus: number[];
  /** uname -r */
  kernel: string;
  /** version of the Python that staged the run */
  python: string;
  /** wall clock, ISO 8601 with offset; a label only, nothing is computed from it */
  recorded_at: string;
  /** CLOCK_MONOTONIC at t_ns = 0 */
  monotonic_ns: number;
  /** sampling period; only in tier "sampled" */
  period_ns?: number;
  /** architecture and CPU model, for the label of a shipped recording */
  machine?: string;
  /** the preset the reader picked, absent when the parameters are free */
  preset?: string;
}

/** The observer failed while the run went on: the tier from here on, and why. */
export interface RunSteppedDown {
  kind: "run.stepped_down";
  /** the tier from now on */
  tier: Tier;
  /** one English sentence for the evidence drawer */
  reason: string;
}

/** A trial begins: this entry's t_ns is its zero when trials are laid side by side. */
export interface TrialStarted {
  kind: "trial.started";
  /** dense from 1 */
  trial: number;
  /** what is different in this trial, such as {"cores": 1} */
  params: Record<string, unknown>;
  /** key of the trial's name in the page's labels */
  label?: string;
}

/** Every task of the trial has ended. */
export interface TrialEnded {
  kind: "trial.ended";
  trial: number;
}

/** A task appeared (PERF_RECORD_FORK, or the stage's own fork in tier "sampled"). */
export interface TaskBorn {
  kind: "task.born";
  /** dense from 1 in birth order */
  task: number;
  /** process id (thread group id) on the recording machine */
  pid: number;
  /** thread id */
  tid: number;
  /** task that created it; 0 is the launcher */
  parent: number;
  /** what the lanes call it, such as "T1" */
  name: string;
  type: "process" | "thread";
  how: How;
  /** the trial it belongs to; absent outside trials */
  trial?: number;
  /** what it is in the lesson: "worker", "caller", "helper", "server", "writer" */
  role?: string;
}

/** The task got another name (PERF_RECORD_COMM), by prctl or by exec. */
export interface TaskRenamed {
  kind: "task.renamed";
  task: number;
  name: string;
  /** True when an exec set the name */
  exec?: boolean;
  /** how it was made, where its maker said so only after its birth was told */
  how?: How;
}

/** One edge of the state diagram: the task is in ``state`` from t_ns on. */
export interface TaskState {
  kind: "task.state";
  task: number;
  state: State;
  cause: Cause;
  /** core of the record; for "running" the core it runs on; absent if no core was involved */
  cpu?: number;
  /** only with "waits": the reason, absent if it could not be told */
  waits_for?: WaitsFor;
  /** number of the system call it sleeps in, for the evidence drawer */
  syscall?: number;
  /** only with "woken": the task that woke it; 0 the launcher, -1 anyone outside the run */
  by?: number;
  /** only with by = -1: the waker's kernel name, such as "swapper/1" (an interrupt) */
  by_name?: string;
  /** a derived or sampled instant may be off by up to this */
  error_ns?: number;
}

/** The task ended, with at most one of an exit code and a signal (threads have code 0).

    Neither: its own parent collected it before anybody could read the status, and has not told it.
     */
export interface TaskDied {
  kind: "task.died";
  task: number;
  /** exit status */
  code?: number;
  /** number of the signal that ended it */
  signal?: number;
}

/** Its parent has waited for it: nothing of it is left in the process table. */
export interface TaskReaped {
  kind: "task.reaped";
  task: number;
  /** derived: it was still there at most so long before */
  error_ns?: number;
}

/** A parent has collected the status of its child: wait(2) has returned to it. */
export interface TaskWaited {
  kind: "task.waited";
  /** the parent */
  task: number;
  child: number;
  /** exit status, or … */
  code?: number;
  /** … number of the signal that ended the child */
  signal?: number;
}

/** One line of a task's card as /proc has it now; a later one with the same ``of`` replaces it. */
export interface TaskDescribed {
  kind: "task.described";
  task: number;
  /** such as "state", "exe", "inode", "links", "nice", "pc", "sp", "fd 3", "map text" */
  of: string;
  /** the value in the kernel's own notation */
  text: string;
}

/** A task's place in the tree of processes has changed; what did not change is absent. */
export interface TaskMoved {
  kind: "task.moved";
  task: number;
  /** task that is its parent now; 0 the launcher, -1 anyone outside the run */
  parent?: number;
  /** process group: the pid of its leader */
  group?: number;
  /** session: the pid of its leader */
  session?: number;
  /** foreground process group of its terminal, -1 without a terminal */
  foreground?: number;
}

/** The cores a task may use have changed (sched_setaffinity(2)). */
export interface TaskAllowed {
  kind: "task.allowed";
  task: number;
  cpus: number[];
}

/** Totals of a task read from /proc (schedstat, status): in tier "sampled" the only exact figures. */
export interface TaskMeasured {
  kind: "task.measured";
  task: number;
  /** time on a core, schedstat field 1 */
  running_ns: number;
  /** time on a run queue without a core, schedstat field 2 */
  ready_ns: number;
  /** times it got a core, schedstat field 3 */
  dispatches: number;
  /** voluntary_ctxt_switches, absent where status was not read */
  voluntary?: number;
  /** nonvoluntary_ctxt_switches */
  involuntary?: number;
}

/** The running program said where it is. */
export interface Step {
  kind: "step";
  task: number;
  /** key of the step, such as "compute"; its words are in the page's labels */
  label: string;
  /** line within the shown source, from 1 */
  line?: number;
  /** symbol of the shown source, such as "worker" */
  code?: string;
}

/** A call was made: by whom, in which style, under which number. */
export interface CallStarted {
  kind: "call.started";
  /** the calling task (thread) */
  task: number;
  /** dense from 1 within the run */
  call: number;
  /** such as "apply", "recv" */
  style: string;
  /** True if this brackets one I/O call, used to tell the GIL from I/O */
  window?: boolean;
}

/** The call returned to its caller. */
export interface CallReturned {
  kind: "call.returned";
  task: number;
  call: number;
  style: string;
  /** "value", "handle", "EAGAIN" …: what came back */
  result?: string;
}

/** The caller learned of the result: by a callback, a wake-up or a successful poll. */
export interface CallNotified {
  kind: "call.notified";
  /** the thread that runs the notification */
  task: number;
  call: number;
  style: string;
  how?: "callback" | "poll" | "wait" | "event";
  /** polls needed, if it was a poll */
  count?: number;
}

/** A named value in memory was written. */
export interface CellWritten {
  kind: "cell.written";
  task: number;
  name: string;
  address: number | null;
  value: string;
}

/** One mapping (or a few together) of a task, read from /proc/PID/smaps at one instant (proc_pid_smaps(5)). */
export interface MemoryMeasured {
  kind: "memory.measured";
  task: number;
  /** what is mapped, such as "list"; a later one of the same task and name replaces it */
  what: string;
  /** pages that are there */
  rss_kb: number;
  /** the same, each page divided by the number of processes that map it */
  pss_kb: number;
  /** Shared_Clean + Shared_Dirty */
  shared_kb: number;
  /** Private_Clean + Private_Dirty */
  private_kb: number;
  /** AnonHugePages; absent when there are none */
  huge_kb?: number;
  /** minor faults of the process so far */
  faults?: number;
}

/** Which pages of a mapping two processes share, by their page frames (only root sees those). */
export interface MemoryPages {
  kind: "memory.pages";
  task: number;
  /** the task it is compared with */
  other: number;
  /** what is mapped */
  of: string;
  /** in order, run-length: "s120c3n4" is 120 pages shared, 3 copied, 4 not there in one of the two */
  map: string;
}

/** Fill level of a pipe (FIONREAD) and its capacity (F_GETPIPE_SZ). */
export interface PipeFilled {
  kind: "pipe.filled";
  bytes: number;
  capacity: number;
  /** which pipe, absent if there is one; "stdio": a program's own output buffer (derived) */
  pipe?: string;
}

/** Text that a task wrote. */
export interface Output {
  kind: "output";
  task: number;
  stream: "stdout" | "stderr" | "log" | "terminal";
  text: string;
}

/** A signal was sent. */
export interface SignalSent {
  kind: "signal.sent";
  /** receiving task */
  to: number;
  signal: number;
  /** sending task, 0 the launcher */
  by?: number;
}

/** A task's handler ran: the signal has been delivered. */
export interface SignalGot {
  kind: "signal.got";
  task: number;
  signal: number;
}

/** A reader acted on the run. */
export interface ActionTaken {
  kind: "action.taken";
  action: string;
  /** what they appended, if anything */
  text?: string;
}

/** A statement of the lesson holds in this run from here on. */
export interface ClaimHeld {
  kind: "claim.held";
  claim: string;
  /** a counted claim: held this often … */
  count?: number;
  /** … of so many */
  of?: number;
  /** where to look: a task … */
  task?: number;
  /** … and an instant of the run; absent: the whole trial */
  at_ns?: number;
  /** … up to this one, where the statement is about a stretch ("never", "every") */
  to_ns?: number;
}

/** A statement of the lesson did not hold in this run. */
export interface ClaimBroken {
  kind: "claim.broken";
  claim: string;
  /** figures that broke it */
  reason?: string;
  count?: number;
  of?: number;
  /** where to look, as in claim.held */
  task?: number;
  at_ns?: number;
  to_ns?: number;
}

/** A number of this run that the text shows; a later one of the same name and trial replaces it. */
export interface ValueMeasured {
  kind: "value.measured";
  name: string;
  value: number;
  unit: "ms" | "us" | "s" | "count" | "cores" | "x" | "percent" | "bytes" | "kb" | "mib";
  trial?: number;
}

/** Facts that should be here and are not; zero is the normal, and then this fact is absent. */
export interface LogLost {
  kind: "log.lost";
  count: number;
  where: "ring" | "log" | "pipe";
}

/** Records of one task against the kernel's own counters (docs/design.md), or of a whole tree against wait4's.

    The proof of a tree comes before the proofs of its tasks, so that who keeps the last one of a task has its own.
     */
export interface ProofChecked {
  kind: "proof.checked";
  task: number;
  verdict: "proved" | "differs" | "not_proved";
  /** records: gave up the core */
  out: number;
  /** the kernel's voluntary_ctxt_switches, at the same instant */
  voluntary: number | null;
  /** records: preempted */
  preempted: number;
  /** the kernel's nonvoluntary_ctxt_switches */
  involuntary: number | null;
  /** records: got a core */
  dispatched: number;
  /** the kernel's schedstat field 3 */
  dispatches: number | null;
  /** sum of running intervals */
  running_ns: number;
  /** the kernel's schedstat field 1 */
  schedstat_ns: number | null;
  /** read by itself as its last act, as a zombie, by the */
  how: "self" | "zombie" | "tree" | "none";
  /** why not proved, one English sentence */
  reason?: string;
  /** the figures are sums over ``task`` and all that was collected below it */
  scope?: "tree";
  /** how many tasks that are */
  tasks?: number;
}

/** The last fact of every log. */
export interface RunEnded {
  kind: "run.ended";
  reason: EndReason;
  summary: Record<string, unknown>;
  /** one sentence if it did not finish: what bound was met, what failed */
  message?: string;
  /** absent in recordings older than this field, and where the launcher was killed */
  proof?: RunProof;
}

/** A fact with its instant and its source; its position in the log is not part of it. */
export interface Entry {
  t_ns: number;
  source: Source;
  fact: Fact;
}

export type Fact =
  | RunStarted
  | RunSteppedDown
  | TrialStarted
  | TrialEnded
  | TaskBorn
  | TaskRenamed
  | TaskState
  | TaskDied
  | TaskReaped
  | TaskWaited
  | TaskDescribed
  | TaskMoved
  | TaskAllowed
  | TaskMeasured
  | Step
  | CallStarted
  | CallReturned
  | CallNotified
  | CellWritten
  | MemoryMeasured
  | MemoryPages
  | PipeFilled
  | Output
  | SignalSent
  | SignalGot
  | ActionTaken
  | ClaimHeld
  | ClaimBroken
  | ValueMeasured
  | LogLost
  | ProofChecked
  | RunEnded;

"""The vocabulary: every fact a run can state, as frozen dataclasses; it holds no behaviour but (de)coding one line.

An :class:`Entry` is the envelope, a fact is what it says. ``t_ns`` counts nanoseconds of CLOCK_MONOTONIC from
``run.started.monotonic_ns``. A field that is ``None`` is left out of the JSON: absence means "not known" or
"does not apply", as each field's sentence says. This module imports only the standard library, because it is
loaded in the observed process tree.
"""

from __future__ import annotations

import json
import json.encoder
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, Literal, TypedDict, get_args

Source = Literal["seen", "told", "derived"]
Tier = Literal["exact+wake", "exact", "sampled", "recording"]
State = Literal["ready", "running", "blocked", "stopped", "zombie"]
Cause = Literal["dispatched", "preempted", "woken", "born", "waits", "stopped", "continued", "exited"]
EndReason = Literal["finished", "failed", "stopped", "interrupted"]
RunVerdict = Literal["proved", "differs", "not_proved", "sampled"]

#: How a task was made: fork(2); fork and exec(2); vfork(2) and exec, the parent asleep until the exec (posix_spawn,
#: subprocess); a fresh interpreter that multiprocessing exec'd; a fork of multiprocessing's fork server; a thread.
How = Literal["fork", "exec", "vfork", "spawn", "forkserver", "thread", "interpreter"]

#: Why a task sleeps, decided from the syscall number (docs/design.md, "The recorder"), never from a wchan name.
WaitsFor = Literal[
    "sleep", "pipe_read", "pipe_write", "socket", "poll", "futex", "gil", "lock", "child", "disk", "barrier", "signal",
    "other",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The first fact of every log: what was started, where, and how it is observed."""

    lesson: str  # slug of the lesson
    params: dict[str, Any]  # the validated parameters, defaults filled in
    tier: Tier  # how the kernel was heard
    cpus: list[int]  # CPU numbers the run may use
    kernel: str  # uname -r
    python: str  # version of the Python that staged the run
    recorded_at: str  # wall clock, ISO 8601 with offset; a label only, nothing is computed from it
    monotonic_ns: int  # CLOCK_MONOTONIC at t_ns = 0
    period_ns: int | None = None  # sampling period; only in tier "sampled"
    machine: str | None = None  # architecture and CPU model, for the label of a shipped recording
    preset: str | None = None  # the preset the reader picked, absent when the parameters are free
    kind: Literal["run.started"] = "run.started"


@dataclass(frozen=True, slots=True)
class RunSteppedDown:
    """The observer failed while the run went on: the tier from here on, and why."""

    tier: Tier  # the tier from now on
    reason: str  # one English sentence for the evidence drawer
    kind: Literal["run.stepped_down"] = "run.stepped_down"


@dataclass(frozen=True, slots=True)
class TrialStarted:
    """A trial begins: this entry's t_ns is its zero when trials are laid side by side."""

    trial: int  # dense from 1
    params: dict[str, Any]  # what is different in this trial, such as {"cores": 1}
    label: str | None = None  # key of the trial's name in the page's labels
    kind: Literal["trial.started"] = "trial.started"


@dataclass(frozen=True, slots=True)
class TrialEnded:
    """Every task of the trial has ended."""

    trial: int
    kind: Literal["trial.ended"] = "trial.ended"


@dataclass(frozen=True, slots=True)
class TaskBorn:
    """A task appeared (PERF_RECORD_FORK, or the stage's own fork in tier "sampled")."""

    task: int  # dense from 1 in birth order
    pid: int  # process id (thread group id) on the recording machine
    tid: int  # thread id
    parent: int  # task that created it; 0 is the launcher
    name: str  # what the lanes call it, such as "T1"
    type: Literal["process", "thread"]
    how: How
    trial: int | None = None  # the trial it belongs to; absent outside trials
    role: str | None = None  # what it is in the lesson: "worker", "caller", "helper", "server", "writer"
    kind: Literal["task.born"] = "task.born"


@dataclass(frozen=True, slots=True)
class TaskRenamed:
    """The task got another name (PERF_RECORD_COMM), by prctl or by exec."""

    task: int
    name: str
    exec: bool = False  # True when an exec set the name
    how: How | None = None  # how it was made, where its maker said so only after its birth was told
    kind: Literal["task.renamed"] = "task.renamed"


@dataclass(frozen=True, slots=True)
class TaskState:
    """One edge of the state diagram: the task is in ``state`` from t_ns on."""

    task: int
    state: State
    cause: Cause
    cpu: int | None = None  # core of the record; for "running" the core it runs on; absent if no core was involved
    waits_for: WaitsFor | None = None  # only with "waits": the reason, absent if it could not be told
    syscall: int | None = None  # number of the system call it sleeps in, for the evidence drawer
    by: int | None = None  # only with "woken": the task that woke it; 0 the launcher, -1 anyone outside the run
    by_name: str | None = None  # only with by = -1: the waker's kernel name, such as "swapper/1" (an interrupt)
    error_ns: int | None = None  # a derived or sampled instant may be off by up to this
    kind: Literal["task.state"] = "task.state"


@dataclass(frozen=True, slots=True)
class TaskDied:
    """The task ended, with at most one of an exit code and a signal (threads have code 0).

    Neither: its own parent collected it before anybody could read the status, and has not told it.
    """

    task: int
    code: int | None = None  # exit status
    signal: int | None = None  # number of the signal that ended it
    kind: Literal["task.died"] = "task.died"


@dataclass(frozen=True, slots=True)
class TaskReaped:
    """Its parent has waited for it: nothing of it is left in the process table."""

    task: int
    error_ns: int | None = None  # derived: it was still there at most so long before
    kind: Literal["task.reaped"] = "task.reaped"


@dataclass(frozen=True, slots=True)
class TaskWaited:
    """A parent has collected the status of its child: wait(2) has returned to it."""

    task: int  # the parent
    child: int
    code: int | None = None  # exit status, or …
    signal: int | None = None  # … number of the signal that ended the child
    kind: Literal["task.waited"] = "task.waited"


@dataclass(frozen=True, slots=True)
class TaskDescribed:
    """One line of a task's card as /proc has it now; a later one with the same ``of`` replaces it."""

    task: int
    of: str  # such as "state", "exe", "inode", "links", "nice", "pc", "sp", "fd 3", "map text"
    text: str  # the value in the kernel's own notation
    kind: Literal["task.described"] = "task.described"


@dataclass(frozen=True, slots=True)
class TaskMoved:
    """A task's place in the tree of processes has changed; what did not change is absent."""

    task: int
    parent: int | None = None  # task that is its parent now; 0 the launcher, -1 anyone outside the run
    group: int | None = None  # process group: the pid of its leader
    session: int | None = None  # session: the pid of its leader
    foreground: int | None = None  # foreground process group of its terminal, -1 without a terminal
    kind: Literal["task.moved"] = "task.moved"


@dataclass(frozen=True, slots=True)
class TaskAllowed:
    """The cores a task may use have changed (sched_setaffinity(2))."""

    task: int
    cpus: list[int]
    kind: Literal["task.allowed"] = "task.allowed"


@dataclass(frozen=True, slots=True)
class TaskMeasured:
    """Totals of a task read from /proc (schedstat, status): in tier "sampled" the only exact figures."""

    task: int
    running_ns: int  # time on a core, schedstat field 1
    ready_ns: int  # time on a run queue without a core, schedstat field 2
    dispatches: int  # times it got a core, schedstat field 3
    voluntary: int | None = None  # voluntary_ctxt_switches, absent where status was not read
    involuntary: int | None = None  # nonvoluntary_ctxt_switches
    kind: Literal["task.measured"] = "task.measured"


@dataclass(frozen=True, slots=True)
class Step:
    """The running program said where it is."""

    task: int
    label: str  # key of the step, such as "compute"; its words are in the page's labels
    line: int | None = None  # line within the shown source, from 1
    code: str | None = None  # symbol of the shown source, such as "worker"
    kind: Literal["step"] = "step"


@dataclass(frozen=True, slots=True)
class CallStarted:
    """A call was made: by whom, in which style, under which number."""

    task: int  # the calling task (thread)
    call: int  # dense from 1 within the run
    style: str  # such as "apply", "recv"
    window: bool = False  # True if this brackets one I/O call, used to tell the GIL from I/O
    kind: Literal["call.started"] = "call.started"


@dataclass(frozen=True, slots=True)
class CallReturned:
    """The call returned to its caller."""

    task: int
    call: int
    style: str
    result: str | None = None  # "value", "handle", "EAGAIN" …: what came back
    kind: Literal["call.returned"] = "call.returned"


@dataclass(frozen=True, slots=True)
class CallNotified:
    """The caller learned of the result: by a callback, a wake-up or a successful poll."""

    task: int  # the thread that runs the notification
    call: int
    style: str
    how: Literal["callback", "poll", "wait", "event"] | None = None
    count: int | None = None  # polls needed, if it was a poll
    kind: Literal["call.notified"] = "call.notified"


@dataclass(frozen=True, slots=True)
class CellWritten:
    """A named value in memory was written."""

    task: int
    name: str
    address: int | None
    value: str
    kind: Literal["cell.written"] = "cell.written"


@dataclass(frozen=True, slots=True)
class MemoryMeasured:
    """One mapping (or a few together) of a task, read from /proc/PID/smaps at one instant (proc_pid_smaps(5))."""

    task: int
    what: str  # what is mapped, such as "list"; a later one of the same task and name replaces it
    rss_kb: int  # pages that are there
    pss_kb: int  # the same, each page divided by the number of processes that map it
    shared_kb: int  # Shared_Clean + Shared_Dirty
    private_kb: int  # Private_Clean + Private_Dirty
    huge_kb: int | None = None  # AnonHugePages; absent when there are none
    faults: int | None = None  # minor faults of the process so far
    kind: Literal["memory.measured"] = "memory.measured"


@dataclass(frozen=True, slots=True)
class MemoryPages:
    """Which pages of a mapping two processes share, by their page frames (only root sees those)."""

    task: int
    other: int  # the task it is compared with
    of: str  # what is mapped
    map: str  # in order, run-length: "s120c3n4" is 120 pages shared, 3 copied, 4 not there in one of the two
    kind: Literal["memory.pages"] = "memory.pages"


@dataclass(frozen=True, slots=True)
class PipeFilled:
    """Fill level of a pipe (FIONREAD) and its capacity (F_GETPIPE_SZ)."""

    bytes: int
    capacity: int
    pipe: str | None = None  # which pipe, absent if there is one; "stdio": a program's own output buffer (derived)
    kind: Literal["pipe.filled"] = "pipe.filled"


@dataclass(frozen=True, slots=True)
class Output:
    """Text that a task wrote."""

    task: int
    stream: Literal["stdout", "stderr", "log", "terminal"]
    text: str
    kind: Literal["output"] = "output"


@dataclass(frozen=True, slots=True)
class SignalSent:
    """A signal was sent."""

    to: int  # receiving task
    signal: int
    by: int | None = None  # sending task, 0 the launcher
    kind: Literal["signal.sent"] = "signal.sent"


@dataclass(frozen=True, slots=True)
class SignalGot:
    """A task's handler ran: the signal has been delivered."""

    task: int
    signal: int
    kind: Literal["signal.got"] = "signal.got"


@dataclass(frozen=True, slots=True)
class ActionTaken:
    """A reader acted on the run."""

    action: str
    text: str | None = None  # what they appended, if anything
    kind: Literal["action.taken"] = "action.taken"


@dataclass(frozen=True, slots=True)
class ClaimHeld:
    """A statement of the lesson holds in this run from here on."""

    claim: str
    count: int | None = None  # a counted claim: held this often …
    of: int | None = None  # … of so many
    task: int | None = None  # where to look: a task …
    at_ns: int | None = None  # … and an instant of the run; absent: the whole trial
    to_ns: int | None = None  # … up to this one, where the statement is about a stretch ("never", "every")
    kind: Literal["claim.held"] = "claim.held"


@dataclass(frozen=True, slots=True)
class ClaimBroken:
    """A statement of the lesson did not hold in this run."""

    claim: str
    reason: str | None = None  # figures that broke it
    count: int | None = None
    of: int | None = None
    task: int | None = None  # where to look, as in claim.held
    at_ns: int | None = None
    to_ns: int | None = None
    kind: Literal["claim.broken"] = "claim.broken"


@dataclass(frozen=True, slots=True)
class ValueMeasured:
    """A number of this run that the text shows; a later one of the same name and trial replaces it."""

    name: str
    value: float
    unit: Literal["ms", "us", "s", "count", "cores", "x", "percent", "bytes", "kb", "mib"]
    trial: int | None = None
    kind: Literal["value.measured"] = "value.measured"

    @property
    def key(self) -> str:
        """How texts name it: ``name``, or ``name@trial``."""
        return self.name if self.trial is None else f"{self.name}@{self.trial}"


@dataclass(frozen=True, slots=True)
class LogLost:
    """Facts that should be here and are not; zero is the normal, and then this fact is absent."""

    count: int
    where: Literal["ring", "log", "pipe"] = "ring"
    kind: Literal["log.lost"] = "log.lost"


@dataclass(frozen=True, slots=True)
class ProofChecked:
    """Records of one task against the kernel's own counters (docs/design.md), or of a whole tree against wait4's.

    The proof of a tree comes before the proofs of its tasks, so that who keeps the last one of a task has its own.
    """

    task: int
    verdict: Literal["proved", "differs", "not_proved"]
    out: int  # records: gave up the core
    voluntary: int | None  # the kernel's voluntary_ctxt_switches, at the same instant
    preempted: int  # records: preempted
    involuntary: int | None  # the kernel's nonvoluntary_ctxt_switches
    dispatched: int  # records: got a core
    dispatches: int | None  # the kernel's schedstat field 3
    running_ns: int  # sum of running intervals
    schedstat_ns: int | None  # the kernel's schedstat field 1
    how: Literal["self", "zombie", "tree", "none"] = "self"  # read by itself as its last act, as a zombie, by the
    # rusage that its tree's first process left to wait4(2), or not at all
    reason: str | None = None  # why not proved, one English sentence
    scope: Literal["tree"] | None = None  # the figures are sums over ``task`` and all that was collected below it
    tasks: int | None = None  # how many tasks that are
    kind: Literal["proof.checked"] = "proof.checked"


class RunProof(TypedDict):
    """The verdict on a whole run (server/log/proof_verdict.py); a dictionary, so that it is the same in JSON."""

    verdict: RunVerdict  # the run counts as recorded without reserve only if this is "proved"
    proved: int  # tasks whose records equal the kernel's own counters
    owed: int  # tasks that must: all that the stage started, and all others whose counters could be read
    unread: int  # tasks of an experiment's own library whose counters nobody could read: beside the others
    lost: int  # records and facts that should be in the log and are not


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The last fact of every log."""

    reason: EndReason
    #: wall_ns, switches, tasks, lost …; bound_s: the wall time that it was allowed, if that is what ended it
    summary: dict[str, Any] = field(default_factory=dict)
    message: str | None = None  # one sentence if it did not finish: what bound was met, what failed
    proof: RunProof | None = None  # absent in recordings older than this field, and where the launcher was killed
    kind: Literal["run.ended"] = "run.ended"


Fact = (
    RunStarted | RunSteppedDown | TrialStarted | TrialEnded | TaskBorn | TaskRenamed | TaskState | TaskDied
    | TaskReaped | TaskWaited | TaskDescribed | TaskMoved | TaskAllowed | TaskMeasured | Step | CallStarted
    | CallReturned | CallNotified | CellWritten | MemoryMeasured | MemoryPages | PipeFilled | Output | SignalSent
    | SignalGot | ActionTaken | ClaimHeld | ClaimBroken | ValueMeasured | LogLost | ProofChecked | RunEnded
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact with its instant and its source; its position in the log is not part of it."""

    t_ns: int
    source: Source
    fact: Fact


FACTS: dict[str, type[Any]] = {cls.__dataclass_fields__["kind"].default: cls for cls in get_args(Fact)}
_OPTIONAL = {
    cls: frozenset(f.name for f in fields(cls) if f.default is None or (f.default is False)) for cls in FACTS.values()
}
_NAMES = {cls: ("kind", *(f.name for f in fields(cls) if f.name != "kind")) for cls in FACTS.values()}
_VALUES = {cls: attrgetter(*names) for cls, names in _NAMES.items()}
_KEYS = {cls: tuple((f'"{name}":', name in _OPTIONAL[cls]) for name in names) for cls, names in _NAMES.items()}
_quoted = json.encoder.encode_basestring_ascii
_json = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode

#: Most facts of a log are changes of state, and the same few of them come again and again: what follows the instant in
#: their lines is kept, in both directions. A fact with an error of its own hardly comes twice.
_MAX_KEPT = 4096
_encoded_states: dict[tuple[Any, ...], str] = {}
_decoded_states: dict[str, tuple[Source, TaskState]] = {}
_T_NS = '{"t_ns":'


def to_dict(entry: Entry) -> dict[str, Any]:
    """The entry as JSON-ready dictionaries, absent fields left out."""
    fact = entry.fact
    optional = _OPTIONAL[type(fact)]
    said = {}
    for name in _NAMES[type(fact)]:
        value = getattr(fact, name)
        if (value is None or value is False) and name in optional:
            continue
        said[name] = value
    return {"t_ns": entry.t_ns, "source": entry.source, "fact": said}


def from_dict(data: dict[str, Any]) -> Entry:
    """The inverse of :func:`to_dict`; raises ``ValueError`` on an unknown kind or a wrong field name."""
    try:
        said = data["fact"]
        return Entry(data["t_ns"], data["source"], FACTS[said["kind"]](**said))
    except (KeyError, TypeError) as error:
        raise ValueError(f"not an entry: {error}") from error


def encode(entry: Entry) -> str:
    """One line of JSON without a line break (U+2028/9 and all non-ASCII escaped)."""
    fact = entry.fact
    if type(fact) is not TaskState or fact.error_ns is not None:
        return _encode_any(entry)
    key = (
        entry.source, fact.task, fact.state, fact.cause, fact.cpu, fact.waits_for, fact.syscall, fact.by, fact.by_name,
    )  # fmt: skip
    said = _encoded_states.get(key)
    if said is None:
        line = _encode_any(entry)
        said = line[line.index(",") :]
        _keep(_encoded_states, key, said)
    return f"{_T_NS}{entry.t_ns}{said}"


def _encode_any(entry: Entry) -> str:
    fact = entry.fact
    parts = []
    for (key, optional), value in zip(_KEYS[type(fact)], _VALUES[type(fact)](fact), strict=True):
        if optional and (value is None or value is False):
            continue
        parts.append(key + (_quoted(value) if type(value) is str else _json(value)))
    return f'{_T_NS}{_json(entry.t_ns)},"source":{_quoted(entry.source)},"fact":{{{",".join(parts)}}}}}'


def decode(line: str | bytes) -> Entry:
    """The inverse of :func:`encode`; raises ``ValueError`` on anything else."""
    text = line if isinstance(line, str) else line.decode()
    cut = text.find(",", len(_T_NS), 32)
    known, digits = _decoded_states.get(text[cut:]), text[len(_T_NS) : cut]
    if known is not None and text.startswith(_T_NS) and _is_number(digits):
        return Entry(int(digits), *known)
    entry = from_dict(json.loads(text))
    if type(entry.fact) is TaskState and entry.fact.error_ns is None and text.startswith(_T_NS) and _is_number(digits):
        _keep(_decoded_states, text[cut:], (entry.source, entry.fact))
    return entry


def _is_number(text: str) -> bool:
    """Whether JSON takes these characters for an integer of at least 0."""
    return text.isdecimal() and text.isascii() and (text[0] != "0" or len(text) == 1)


def _keep(kept: dict[Any, Any], key: Any, value: Any) -> None:
    if len(kept) >= _MAX_KEPT:
        kept.clear()
    kept[key] = value

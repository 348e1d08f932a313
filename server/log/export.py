"""A run's log in other people's formats: the recording, and Chrome trace events; it reads entries and opens no file.

The trace follows the Trace Event Format (JSON object form), which Perfetto and chrome://tracing open. Times are
microseconds of the run with three decimals, so nothing of the nanoseconds is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import events
from ..events import (
    CallReturned,
    CallStarted,
    ClaimBroken,
    ClaimHeld,
    Entry,
    Fact,
    Output,
    PipeFilled,
    RunStarted,
    SignalSent,
    Step,
    TaskBorn,
    TaskDied,
    TaskReaped,
    TaskRenamed,
    TaskState,
    TrialEnded,
    TrialStarted,
    ValueMeasured,
)
from . import seals

Event = dict[str, Any]
_TASKS, _CORES = 900_000, 1_000_000  # "processes" of the trace; a core is "thread" _CORES + 1 + its number
_RUN = 1_000_000_000  # "thread" of what concerns no task; task n is thread n


def recording(entries: Iterable[Entry], epoch: int = 1, gzip: bool = False) -> bytes:
    """The log in the format of the archive: NDJSON with seals, compressed if asked for."""
    data = seals.seal_all((events.encode(entry) for entry in entries), epoch)
    return seals.pack(data) if gzip else data


def trace(entries: Iterable[Entry]) -> bytes:
    """The log as one JSON object of Chrome trace events: a track per task and per core, an arrow per wake-up."""
    told = _Trace()
    story = sorted(entries, key=lambda entry: entry.t_ns)  # stable: by (t_ns, position)
    for entry in story:
        told.take(entry)
    told.close(story[-1].t_ns if story else 0)
    return json.dumps(
        {"traceEvents": [*told.names(), *told.events], "displayTimeUnit": "ns", "otherData": told.about},
        separators=(",", ":"), allow_nan=False,
    ).encode("ascii")  # fmt: skip


def _us(t_ns: int) -> float:
    return round(t_ns / 1000, 3)


@dataclass(slots=True)
class _Open:
    """A state or a stay on a core that has begun and not ended."""

    name: str
    since_ns: int
    args: Mapping[str, Any]


@dataclass(slots=True)
class _Trace:
    """Folds entries in story order into trace events."""

    events: list[Event] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)
    _tasks: dict[int, str] = field(default_factory=dict)
    _states: dict[int, _Open] = field(default_factory=dict)
    _cores: dict[int, tuple[int, _Open]] = field(default_factory=dict)
    _seen_cores: set[int] = field(default_factory=set)
    _spans: dict[str, str] = field(default_factory=dict)
    _arrows: int = 0

    def take(self, entry: Entry) -> None:
        t_ns = entry.t_ns
        match entry.fact:
            case RunStarted() as fact:
                self.about = {**events.to_dict(entry)["fact"]}
                self._mark(t_ns, _RUN, f"run {fact.lesson}", {})
            case TaskBorn() as fact:
                self._tasks[fact.task] = f"{fact.name} ({fact.type} {fact.tid})"
            case TaskRenamed() as fact:
                self._tasks[fact.task] = f"{fact.name} (task {fact.task})"
            case TaskState() as fact:
                self._state(entry, fact)
            case TaskDied() | TaskReaped() as fact:
                self._gone(t_ns, fact)
            case _:
                self._remark(t_ns, entry.fact)

    def _state(self, entry: Entry, fact: TaskState) -> None:
        said = {**events.to_dict(entry)["fact"], "source": entry.source}
        for drop in ("kind", "task", "state"):
            said.pop(drop)
        name = f"{fact.state}: {fact.waits_for}" if fact.waits_for else fact.state
        self._leave_state(fact.task, entry.t_ns)
        self._leave_core(fact.task, entry.t_ns)
        if fact.state == "ready" and fact.cause == "woken" and fact.by in self._states:
            self._arrow(entry.t_ns, int(fact.by or 0), fact.task)
        self._states[fact.task] = _Open(name, entry.t_ns, said)
        if fact.state == "running" and fact.cpu is not None:
            if fact.cpu in self._cores:
                self._leave_core(self._cores[fact.cpu][0], entry.t_ns)
            self._seen_cores.add(fact.cpu)
            label = self._tasks.get(fact.task, f"task {fact.task}")
            self._cores[fact.cpu] = (fact.task, _Open(label, entry.t_ns, {"task": fact.task}))

    def _arrow(self, t_ns: int, by: int, to: int) -> None:
        self._arrows += 1
        shared = {"name": "wakes", "cat": "wake", "id": self._arrows, "ts": _us(t_ns), "pid": _TASKS}
        self.events += ({**shared, "ph": "s", "tid": by}, {**shared, "ph": "f", "bp": "e", "tid": to})

    def _gone(self, t_ns: int, fact: TaskDied | TaskReaped) -> None:
        if isinstance(fact, TaskReaped):
            self._leave_state(fact.task, t_ns)
            self._leave_core(fact.task, t_ns)
            self._mark(t_ns, fact.task, "reaped", {})
        else:
            how = f"exit {fact.code}" if fact.signal is None else f"killed by signal {fact.signal}"
            self._mark(t_ns, fact.task, how, {})

    def _remark(self, t_ns: int, fact: Fact) -> None:
        """What is neither birth, state nor death: a slice, a counter or a mark."""
        match fact:
            case TrialStarted():
                self._begin(t_ns, f"trial{fact.trial}", f"trial {fact.trial}", _RUN, fact.params)
            case TrialEnded():
                self._span("e", t_ns, f"trial{fact.trial}", _RUN, {})
            case CallStarted():
                self._begin(t_ns, f"call{fact.call}", fact.style, fact.task, {})
            case CallReturned():
                self._span("e", t_ns, f"call{fact.call}", fact.task, {"result": fact.result})
            case PipeFilled():
                name = f"pipe {fact.pipe}" if fact.pipe else "pipe"
                values = {"bytes": fact.bytes, "free": fact.capacity - fact.bytes}
                self.events.append({"ph": "C", "name": name, "ts": _us(t_ns), "pid": _TASKS, "args": values})
            case Step() | Output():
                name = fact.label if isinstance(fact, Step) else fact.stream
                self._mark(t_ns, fact.task, name, {"text": fact.text} if isinstance(fact, Output) else {})
            case ValueMeasured():
                name = fact.name if fact.trial is None else f"{fact.name}@{fact.trial}"
                self.about.setdefault("values", {})[name] = f"{fact.value:g} {fact.unit}"
            case SignalSent():
                self._mark(t_ns, fact.to, f"signal {fact.signal}", {"by": fact.by})
            case ClaimHeld() | ClaimBroken():
                self._mark(t_ns, _RUN, f"{fact.kind}: {fact.claim}", {"count": fact.count, "of": fact.of})
            case _:
                said = events.to_dict(Entry(t_ns, "told", fact))["fact"]
                self._mark(t_ns, said.get("task", _RUN), said.pop("kind"), said)

    def _begin(self, t_ns: int, id: str, name: str, tid: int, args: Mapping[str, Any]) -> None:
        self._spans[id] = name
        self._span("b", t_ns, id, tid, args)

    def _span(self, phase: str, t_ns: int, id: str, tid: int, args: Mapping[str, Any]) -> None:
        """Beginning and end are matched by id, category and name; a local id makes it a track of its process."""
        shared = {"cat": id.rstrip("0123456789"), "name": self._spans.get(id, id), "id2": {"local": id}}
        where = {"ph": phase, "ts": _us(t_ns), "pid": _TASKS, "tid": tid}
        self.events.append({**shared, **where, "args": dict(args)})

    def _mark(self, t_ns: int, tid: int, name: str, args: Mapping[str, Any]) -> None:
        self.events.append(
            {"ph": "i", "s": "t", "name": name, "ts": _us(t_ns), "pid": _TASKS, "tid": tid, "args": dict(args)}
        )

    def _slice(self, pid: int, tid: int, cat: str, what: _Open, until_ns: int) -> None:
        start, length = _us(what.since_ns), _us(until_ns - what.since_ns)
        self.events.append(
            {"ph": "X", "cat": cat, "name": what.name, "ts": start, "dur": length, "pid": pid, "tid": tid,
             "args": dict(what.args)}
        )  # fmt: skip

    def _leave_state(self, task: int, t_ns: int) -> None:
        if (was := self._states.pop(task, None)) is not None:
            self._slice(_TASKS, task, "state", was, t_ns)

    def _leave_core(self, task: int, t_ns: int) -> None:
        for cpu, (holder, stay) in list(self._cores.items()):
            if holder == task:
                self._slice(_CORES, _CORES + 1 + cpu, "core", stay, t_ns)
                del self._cores[cpu]

    def close(self, t_ns: int) -> None:
        """Ends at ``t_ns`` what has not ended."""
        for task in list(self._states):
            self._leave_state(task, t_ns)
            self._leave_core(task, t_ns)

    def names(self) -> Iterator[Event]:
        """Metadata: what the tracks are called, and their order."""
        for pid, name in ((_CORES, "Cores"), (_TASKS, "Tasks")):
            yield _meta("process_name", pid, 0, name=name)
            yield _meta("process_sort_index", pid, 0, sort_index=int(pid != _CORES))
        for cpu in sorted(self._seen_cores):
            yield _meta("thread_name", _CORES, _CORES + 1 + cpu, name=f"CPU {cpu}")
            yield _meta("thread_sort_index", _CORES, _CORES + 1 + cpu, sort_index=cpu)
        yield _meta("thread_name", _TASKS, _RUN, name="the run")
        for task, label in sorted(self._tasks.items()):
            yield _meta("thread_name", _TASKS, task, name=label)
            yield _meta("thread_sort_index", _TASKS, task, sort_index=task)


def _meta(what: str, pid: int, tid: int, **args: object) -> Event:
    return {"ph": "M", "name": what, "pid": pid, "tid": tid, "args": args}

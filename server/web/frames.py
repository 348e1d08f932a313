"""Entries ⇄ the messages of the stream: pure functions over values; no sockets, no clock.

A message is one SSE event (WHATWG HTML, "Server-sent events"). Its data is one line of JSON, a list of items: an
entry as an object, or n consecutive plain state changes as one flat array of 2n integers, ``[t_ns, code, dt_ns,
code, …]``, where ``code`` = task · 4096 + core · 16 + transition and ``dt_ns`` counts from the change before it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from .. import events
from ..events import Cause, Entry, State, TaskState

#: Index = transition of the code; 8 to 15 are free.
TRANSITIONS: tuple[tuple[State, Cause], ...] = (
    ("running", "dispatched"),
    ("ready", "preempted"),
    ("ready", "woken"),
    ("ready", "born"),
    ("blocked", "waits"),
    ("stopped", "stopped"),
    ("ready", "continued"),
    ("zombie", "exited"),
)
_TRANSITION = {pair: number for number, pair in enumerate(TRANSITIONS)}
_CORES = 256
_SAFE = 2**53  # beyond it a number of JavaScript is no exact integer
_ID = re.compile(r"(\d{1,9})\.(\d{1,15}|end)", re.ASCII)


def encode(entries: Sequence[Entry], epoch: int, last: int, lines: Sequence[str] | None = None) -> bytes:
    """One ``facts`` message; ``last`` is the position of the last entry, ``lines`` the entries encoded already."""
    return message([items(entries, lines)], epoch, last)


def message(parts: Iterable[str], epoch: int, last: int) -> bytes:
    """One ``facts`` message out of what :func:`items` gave for consecutive stretches of the log."""
    return f"id: {epoch}.{last}\nevent: facts\ndata: [{','.join(filter(None, parts))}]\n\n".encode("ascii")


def data(entries: Sequence[Entry], lines: Sequence[str] | None = None) -> str:
    """The data line of a message: JSON, ASCII only, no line break."""
    return f"[{items(entries, lines)}]"


def items(entries: Sequence[Entry], lines: Sequence[str] | None = None) -> str:
    """The items of a stretch of the log, without the brackets around them: stretches can be joined with commas."""
    texts = [events.encode(entry) for entry in entries] if lines is None else lines
    said: list[str] = []
    for plain, group in groupby(zip(entries, texts, strict=True), key=lambda pair: code_of(pair[0]) is not None):
        if plain:
            said.append(_pack(entry for entry, _ in group))
        else:
            said.extend(text for _, text in group)
    return ",".join(said)


def end(epoch: int, summary: dict[str, Any]) -> bytes:
    """The last message of a stream; a client that comes back with its id gets 204."""
    text = json.dumps(summary, separators=(",", ":"), allow_nan=False)
    return f"id: {epoch}.end\nevent: end\ndata: {text}\n\n".encode("ascii")


def queue(place: int, estimate_s: float, pages: int, why: str = "") -> bytes:
    """Where a run that waits stands: its place from 1, seconds until it should start, pages that wait for it, and what
    it lacks beside the others before it (``runs.run_state.WaitReason``)."""
    said: dict[str, Any] = {"place": place, "estimate_s": int(estimate_s), "pages": pages}
    text = json.dumps(said | ({"why": why} if why else {}), separators=(",", ":"))
    return f"event: queue\ndata: {text}\n\n".encode("ascii")


def restart(retry_ms: int) -> bytes:
    """Asks the client to come back after ``retry_ms``; it carries no id, so the client's place stays its own."""
    return f"retry: {retry_ms}\nevent: restart\ndata: {{}}\n\n".encode("ascii")


def code_of(entry: Entry) -> int | None:
    """The entry's code, or None if it says more than a code can carry and has to travel as an object."""
    fact = entry.fact
    if entry.source != "seen" or not isinstance(fact, TaskState) or fact.cpu is None:
        return None
    if any(more is not None for more in (fact.waits_for, fact.syscall, fact.by, fact.by_name, fact.error_ns)):
        return None
    transition = _TRANSITION.get((fact.state, fact.cause))
    if transition is None or not (0 <= fact.cpu < _CORES and 0 <= fact.task < _SAFE // 4096):
        return None
    return fact.task * 4096 + fact.cpu * 16 + transition


def _pack(entries: Iterable[Entry]) -> str:
    numbers: list[int] = []
    before = 0
    for entry in entries:
        code = code_of(entry)
        assert code is not None
        numbers += (entry.t_ns - before, code)
        before = entry.t_ns
    return json.dumps(numbers, separators=(",", ":"))


def decode(text: str | bytes) -> list[Entry]:
    """The entries of one data line; ``ValueError`` says what is wrong with anything else."""
    items = json.loads(text)
    if not isinstance(items, list):
        raise ValueError("a frame is a list of items")
    entries: list[Entry] = []
    for item in items:
        entries.extend(_unpack(item) if isinstance(item, list) else [_entry(item)])
    return entries


def _entry(item: object) -> Entry:
    if not isinstance(item, dict):
        raise ValueError("an item is an object or an array")
    return events.from_dict(item)


def _unpack(numbers: list[Any]) -> list[Entry]:
    if len(numbers) % 2 or not all(type(number) is int for number in numbers):
        raise ValueError("a packed item holds pairs of integers")
    t_ns = 0
    entries = []
    for dt_ns, code in zip(numbers[::2], numbers[1::2], strict=True):
        t_ns += dt_ns
        entries.append(Entry(t_ns, "seen", _change(code)))
    return entries


def _change(code: int) -> TaskState:
    task, rest = divmod(code, 4096)
    cpu, transition = divmod(rest, 16)
    if task < 0 or transition >= len(TRANSITIONS):
        raise ValueError(f"unknown transition in code {code}")
    state, cause = TRANSITIONS[transition]
    return TaskState(task, state, cause, cpu=cpu)


def parse_id(text: str | None) -> tuple[int, int | None] | None:
    """``<epoch>.<n>`` → (epoch, n); ``<epoch>.end`` → (epoch, None); anything else, None included, → None."""
    match = _ID.fullmatch(text or "")
    if match is None:
        return None
    return int(match[1]), None if match[2] == "end" else int(match[2])

"""Entries ⇄ the messages of the stream: pure functions over values; no sockets, no clock.

A message is one SSE event (WHATWG HTML, "Server-sent events"). Its data is one line of JSON, a list of items: an
entry as an object, or n entries packed as one array, ``[strings, shapes, facts, t_ns, fact, dt_ns, fact, …]``. A shape
is ``[source, kind, field, …]``, with ``=`` before the field if its values are indices into ``strings``; a fact is
``[shape, value, …]`` and stands there once, however often it is stated; ``dt_ns`` counts from the entry before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from .. import events
from ..events import Entry, Fact, Source

_ID = re.compile(r"(\d{1,9})\.(\d{1,15}|end)", re.ASCII)
_JSON = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_TIME = '{"t_ns":'
_TIME_BYTES = len(_TIME)
_ROW_BYTES = 32  # at most: two numbers and two commas
_KEPT_BYTES = 512  # of a fact that is kept taken apart
_NEW_BYTES = 128  # what a fact that is new can take beyond its own line: a shape's marks, indices, brackets


def message(parts: Iterable[str], epoch: int, last: int) -> bytes:
    """One ``facts`` message out of what :func:`pack` gave for consecutive stretches of the log."""
    return f"id: {epoch}.{last}\nevent: facts\ndata: [{','.join(filter(None, parts))}]\n\n".encode("ascii")


def pack(lines: Sequence[str], max_bytes: int | None = None) -> tuple[str, int]:
    """Items, without the brackets around them, for as many of the encoded entries as fit in ``max_bytes``, at least
    one: the text, and how many entries it holds. Texts of consecutive stretches can be joined with commas."""
    packing, limit = _Packing(), float("inf") if max_bytes is None else max_bytes
    facts, rows = packing.facts, packing.rows
    before = size = 0
    for line in lines:  # a hundred thousand times for a long run: no call for a fact that is in the table
        cut = line.find(",")
        said = line[cut:]
        number = facts.get(said)
        if rows and packing.size + size + (_NEW_BYTES + len(line) if number is None else _ROW_BYTES) > limit:
            break
        if number is None or not line.startswith(_TIME):
            t_ns, said = _parted(line)
            number = packing.learn(said)
        else:
            t_ns = int(line[_TIME_BYTES:cut])
        row = f"{t_ns - before},{number}"
        rows.append(row)
        size += len(row) + 1
        before = t_ns
    if len(rows) == 1:
        return lines[0], 1
    return packing.text() if rows else "", len(rows)


class _Packing:
    """The tables of one packed item in the making. It works on lines: what follows the instant is the key of a fact."""

    def __init__(self) -> None:
        self.facts: dict[str, int] = {}  # key: a line without its instant
        self.rows: list[str] = []
        self.size = 0  # bytes of the tables
        self._strings: dict[str, int] = {}
        self._shapes: dict[str, int] = {}
        self._packed: list[str] = []  # the facts as they travel

    def learn(self, said: str) -> int:
        """The index of a fact."""
        if said in self.facts:
            return self.facts[said]
        self._packed.append(self._fact(said))
        self.size += len(self._packed[-1]) + 1
        number = self.facts[said] = len(self._packed) - 1
        return number

    def _fact(self, said: str) -> str:
        apart = _taken_apart if len(said) <= _KEPT_BYTES else _taken_apart.__wrapped__
        shape, values = apart(said)
        told = [str(self._index(self._strings, text)) if is_text else text for is_text, text in values]
        return f"[{','.join([str(self._index(self._shapes, shape)), *told])}]"

    def _index(self, table: dict[str, int], text: str) -> int:
        if text not in table:
            table[text] = len(table)
            self.size += len(text) + 1
        return table[text]

    def text(self) -> str:
        """The item."""
        tables = ",".join(f"[{','.join(table)}]" for table in (self._strings, self._shapes, self._packed))
        return f"[{tables},{','.join(self.rows)}]"


@lru_cache(maxsize=2048)
def _taken_apart(said: str) -> tuple[str, list[tuple[bool, str]]]:
    """The shape of a fact, and of each value whether it is a string and what it is, all as JSON; what runs say again
    and again is taken apart once."""
    entry = json.loads(_TIME + "0" + said)
    fact = entry["fact"]
    shape, values = [entry["source"], fact.pop("kind")], []
    for name, value in fact.items():
        shape.append(f"={name}" if isinstance(value, str) else name)
        values.append((isinstance(value, str), _JSON.encode(value)))
    return _JSON.encode(shape), values


def _parted(line: str) -> tuple[int, str]:
    """The instant of an encoded entry, and the line from behind it on."""
    if not line.startswith(_TIME):  # of other hands than events.encode
        line = events.encode(events.decode(line))
    cut = line.index(",")
    return int(line[len(_TIME) : cut]), line[cut:]


def end(epoch: int, summary: dict[str, Any]) -> bytes:
    """The last message of a stream; a client that comes back with its id gets 204."""
    text = json.dumps(summary, separators=(",", ":"), allow_nan=False)
    return f"id: {epoch}.end\nevent: end\ndata: {text}\n\n".encode("ascii")


def queue(place: int, estimate_s: float, pages: int, why: str = "") -> bytes:
    """The message of a stream that says where a run stands that waits (:func:`queue_text`)."""
    return f"event: queue\ndata: {queue_text(place, estimate_s, pages, why)}\n\n".encode("ascii")


def queue_text(place: int, estimate_s: float, pages: int, why: str = "") -> str:
    """Where a run that waits stands: its place from 1, seconds until it should start, pages that wait for it, and what
    it lacks beside the others before it (``runs.run_state.WaitReason``)."""
    said: dict[str, Any] = {"place": place, "estimate_s": int(estimate_s), "pages": pages}
    return json.dumps(said | ({"why": why} if why else {}), separators=(",", ":"))


def restart(retry_ms: int) -> bytes:
    """Asks the client to come back after ``retry_ms``; it carries no id, so the client's place stays its own."""
    return f"retry: {retry_ms}\nevent: restart\ndata: {{}}\n\n".encode("ascii")


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


def _unpack(item: list[Any]) -> list[Entry]:
    rows = item[3:]
    if len(item) < 3 or len(rows) % 2 or not all(type(number) is int for number in rows):
        raise ValueError("a packed item holds three tables and pairs of integers")
    facts = _facts(*item[:3])
    t_ns, entries = 0, []
    for dt_ns, number in zip(rows[::2], rows[1::2], strict=True):
        if not 0 <= number < len(facts):
            raise ValueError(f"there is no fact {number} in this item")
        t_ns += dt_ns
        entries.append(Entry(t_ns, *facts[number]))
    return entries


def _facts(strings: list[str], shapes: list[list[str]], told: list[list[Any]]) -> list[tuple[Source, Fact]]:
    """The facts of a packed item; entries that say the same share one."""
    facts = []
    try:
        for shape, *values in told:
            source, kind, *fields = shapes[shape]
            said = {
                name.removeprefix("="): strings[value] if name.startswith("=") else value
                for name, value in zip(fields, values, strict=True)
            }
            entry = events.from_dict({"t_ns": 0, "source": source, "fact": {"kind": kind, **said}})
            facts.append((entry.source, entry.fact))
    except (TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"a packed item's tables do not fit together: {error}") from error
    return facts


def parse_id(text: str | None) -> tuple[int, int | None] | None:
    """``<epoch>.<n>`` → (epoch, n); ``<epoch>.end`` → (epoch, None); anything else, None included, → None."""
    match = _ID.fullmatch(text or "")
    if match is None:
        return None
    return int(match[1]), None if match[2] == "end" else int(match[2])

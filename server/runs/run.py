"""One run in the asker's process: its facts read, judged, appended and kept; others decide when it starts.

A run is over when its log is: ``run.ended`` is always the last entry, said by the launcher, or by this module for a
launcher that was killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, Literal

from .. import events
from ..events import ClaimBroken, ClaimHeld, EndReason, Entry, ProofChecked, RunEnded, RunProof, RunStarted, Tier
from ..launcher.launcher import Order
from ..lesson import Lesson
from ..lesson.evaluation import Evaluation
from ..log import proof_verdict
from ..log.archive import Archive
from ..log.event_log import EventLog
from ..log.keeper import Keeper
from ..log.recording import Recording
from ..log.refusal import Refusal
from ..settings import Settings
from .spawner import Absent, Client, Launched, SpawnerError

Status = Literal["queued", "running", "finished", "failed", "stopped", "interrupted"]
_READ_BYTES = 16 * 1024  # facts decoded between two looks at the event loop: about 2 ms
_STOP_S = 2.0  # a launcher that has not ended by then after being told is killed
_OVERDUE_S = 3.0  # and one that has not ended so long after its wall bound


class Run:
    """A run, queued, live or over. Made by :class:`server.runs.Runs`; lives on one event loop."""

    def __init__(self, id: str, key: str, slug: str, lesson: Lesson | None, params: Mapping[str, Any]) -> None:
        self.id = id
        self.key = key  # empty for a run from the archive: nobody can act on it
        self.lesson = slug
        self.params = dict(params)
        self.preset: str | None = None
        self.status: Status = "queued"
        self.position: int | None = None  # place in the queue, from 1; None once it runs
        self.tier: Tier | None = None
        self.epoch = 1
        self.log = EventLog()
        self.over = asyncio.Event()
        self._verdicts: list[dict[str, Any]] = []  # facts that the API shows of a run that is over
        self._proofs: list[dict[str, Any]] = []
        self._proof: RunProof | None = None  # the verdict on the whole run, once it is over
        self._last_ns = 0
        self.left: Callable[[], None] = lambda: None  # called when it leaves the queue without having run
        self._declared = lesson
        self._client: Client | Absent | None = None
        self._launched: Launched | None = None
        self._stopping: EndReason | None = None
        self._keeper: Keeper | None = None
        self._not_kept: Refusal | None = None
        self.damage: str | None = None  # of a kept run: where its good prefix ends and why
        self._rest = b""
        self._wall_s = 0.0

    @classmethod
    def kept(cls, id: str, found: Recording) -> Run | None:
        """A run from the archive; None if it does not say of which lesson it is."""
        first = found.entries[0].fact if found.entries else None
        if isinstance(first, RunStarted):
            run = cls(id, "", first.lesson, None, first.params)
            run.preset, run.tier = first.preset, first.tier
        elif found.request is not None:  # it ended before it began
            run = cls(id, "", found.request["lesson"], None, found.request["params"])
            run.preset = found.request["preset"]
        else:
            return None
        run.epoch, run._not_kept = found.epoch, found.not_kept
        run.damage = None if found.not_kept else found.damage
        for entry, line in zip(found.entries, found.lines, strict=True):
            run._take_in(entry, line)
        run._settle()
        run.over.set()
        return run

    def keep(self, kept: Archive) -> None:
        """Have it kept from now on: whoever was given its address finds it there, whatever happens."""
        request = {"lesson": self.lesson, "preset": self.preset, "params": self.params}
        self._keeper = kept.keep(self.id, self.log, request)

    @property
    def not_kept(self) -> Refusal | None:
        """Why the disk does not have all of it; None while it has, and where nothing is kept at all."""
        return self._not_kept if self._keeper is None else self._keeper.refusal

    @property
    def note(self) -> str | None:
        """What a reader is told of its recording: a key of the interface's words after ``status.``, if anything."""
        if self.damage is not None:
            return "damaged"
        return None if self.not_kept is None else f"not_kept.{self.not_kept.reason}"

    @property
    def waits_for_disk(self) -> bool:
        """Whether the disk may still take what it refused: until then the run is nowhere but in memory."""
        return self._keeper is not None and self._keeper.waiting

    @property
    def summary(self) -> dict[str, Any] | None:
        """That of ``run.ended``, with its reason, its message and the verdict on the run; None while there is none."""
        if not self.log.ended:
            return None
        ended = self.log.tail(self.log.last - 1)[0].fact
        assert isinstance(ended, RunEnded)
        said = {"reason": ended.reason, **ended.summary, "proof": self._proof}
        return said if ended.message is None else {**said, "message": ended.message}

    def public(self, with_key: bool = False) -> dict[str, Any]:
        """The JSON of the API, without the links."""
        said: dict[str, Any] = {"id": self.id, "lesson": self.lesson, "preset": self.preset, "params": self.params}
        said |= {"status": self.status, "position": self.position, "tier": self.tier}
        if with_key:
            said["key"] = self.key
        if self.log.ended:
            said |= {"summary": self.summary, "claims": list(self._verdicts), "proof": list(self._proofs)}
        if self.not_kept is not None:
            said["not_kept"] = self.not_kept.sentence
        return said

    def act(self, action: str, text: str | None = None, params: Mapping[str, Any] | None = None) -> None:
        """Hand a reader's action to the experiment; what may be said was decided before. No effect once it is over."""
        said: dict[str, Any] = {"action": action}
        if text is not None:
            said["text"] = text
        if params:
            said["params"] = dict(params)
        self._say(said)

    async def stop(self, reason: EndReason = "stopped") -> None:
        """End it; when this returns, every process of it is dead. Twice is fine."""
        if self.status == "queued":
            self._end(reason, "the run was taken out of the queue")
            self.over.set()
            self.left()
        if not self.over.is_set():
            self._stopping = self._stopping or reason
            self._say({"stop": True})
            await self._or_kill(_STOP_S)

    async def live(self, client: Client | Absent, order: Order) -> None:
        """From the fork of its launcher to its end. Never raises but for cancellation, which kills the run."""
        self.status, self.position, self._client, self._wall_s = "running", None, client, order.wall_s
        overdue = asyncio.ensure_future(self._watch_over())
        try:
            self._launched = client.launch(order)
            await self._read(self._launched.facts_fd)
        except SpawnerError as error:
            self._end("failed", str(error))
        finally:
            overdue.cancel()
            self._hang_up()
            if not self.log.ended:
                self._end(self._stopping or "interrupted", "the run was cut off")
            self.over.set()

    async def settled(self) -> None:
        """Wait until its recording is in its place (a run that is over needs a moment for that), or was refused."""
        if self._keeper is not None:
            await self._keeper.settled.wait()

    def _say(self, said: dict[str, Any]) -> None:
        if self._launched is None or self.log.ended:
            return
        with contextlib.suppress(BrokenPipeError, BlockingIOError):  # it is ending, or has not listened for 64 KiB
            os.write(self._launched.control_fd, json.dumps(said).encode() + b"\n")

    async def _watch_over(self) -> None:
        await asyncio.sleep(self._wall_s + _OVERDUE_S)
        if self._client is not None and self._launched is not None:
            self._client.kill(self._launched.pid)

    async def _or_kill(self, within_s: float) -> None:
        try:
            await asyncio.wait_for(self.over.wait(), within_s)
        except TimeoutError:
            if self._client is not None and self._launched is not None:
                self._client.kill(self._launched.pid)
            await self.over.wait()

    async def _read(self, fd: int) -> None:
        """Facts until end of file; a launcher that leaves without ``run.ended`` was killed."""
        assert self._declared is not None
        judge = Evaluation(self._declared, self.params, self.preset)
        os.set_blocking(fd, False)
        while await _readable(fd):
            try:
                data = os.read(fd, _READ_BYTES)
            except BlockingIOError:
                continue
            if not data:
                break
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                self._take(line.decode("ascii"), judge)
            await asyncio.sleep(0)
        if not self.log.ended:
            self._cut(judge)

    def _take(self, line: str, judge: Evaluation) -> None:
        entry = events.decode(line)
        if isinstance(entry.fact, RunStarted):
            self.tier = entry.fact.tier
        if isinstance(entry.fact, RunEnded):
            self._judge(judge, entry.t_ns)
            if self._stopping is not None:
                entry, line = replace(entry, fact=replace(entry.fact, reason=self._stopping)), ""
            self._append(entry, line or None)
            self._settle()
            return
        self._append(entry, line)
        for verdict in judge.see(entry):
            self._append(verdict)

    def _append(self, entry: Entry, line: str | None = None) -> None:
        if not self._take_in(entry, line) and self._stopping is None:
            self._stopping = "failed"
            self._say({"stop": True})

    def _take_in(self, entry: Entry, line: str | None = None) -> bool:
        """Into the log, and what the API shows of it aside; False if the log is full."""
        if self.log.append(entry, line) == 0:
            return False
        self._last_ns = max(self._last_ns, entry.t_ns)
        if isinstance(entry.fact, ClaimHeld | ClaimBroken):
            self._verdicts.append(events.to_dict(entry)["fact"])
        elif isinstance(entry.fact, ProofChecked):
            self._proofs.append(events.to_dict(entry)["fact"])
        return True

    def _cut(self, judge: Evaluation) -> None:
        """The launcher has gone without a last word."""
        self._judge(judge, self._last_ns)
        self._end(self._stopping or "failed", "the launcher of the run was killed", self._last_ns)

    def _judge(self, judge: Evaluation, t_ns: int) -> None:
        for verdict in judge.end(t_ns):
            self._append(verdict)

    def _end(self, reason: EndReason, message: str, t_ns: int = 0) -> None:
        self.log.append(Entry(t_ns, "derived", RunEnded(reason, {"wall_ns": t_ns}, message)))
        self._settle()

    def _settle(self) -> None:
        self._proof = proof_verdict.of_log(self.log.tail())
        summary = self.summary
        assert summary is not None
        self.status, self.position = summary["reason"], None

    def _hang_up(self) -> None:
        """Let go of both pipes; to a launcher that still lives, that means the end."""
        launched, self._launched = self._launched, None
        if launched is not None:
            os.close(launched.control_fd)
            os.close(launched.facts_fd)


async def _readable(fd: int) -> bool:
    """Wait until ``fd`` can be read without waiting; always True."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(fd, wake)
    try:
        await ready
    finally:
        loop.remove_reader(fd)
    return True


def order(run: Run, lesson: Lesson, cpus: list[int], tier: Tier, settings: Settings, package: str) -> Order:
    """What the launcher of ``run`` is told."""
    bounds = asdict(settings.bounds)
    most_s = settings.bounds.interactive_wall_s if lesson.actions else settings.bounds.wall_s
    return Order(
        run=run.id, lesson=run.lesson, params=run.params, cpus=cpus, tier=tier, bounds=bounds, preset=run.preset,
        wall_s=min(lesson.wall_s, most_s), uid=settings.uid, watermark_ms=settings.watermark_ms, package=package,
    )  # fmt: skip

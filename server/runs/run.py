"""One run in the asker's process: its facts read, judged, appended and kept; others decide when it starts.

A run owns its state: others say that it waits, begins or shall stop, and read what it has become. It is over when its
log is: ``run.ended`` is always the last entry, said by the launcher, or by this module for one that was killed.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .. import events
from ..events import ClaimBroken, ClaimHeld, EndReason, Entry, ProofChecked, RunEnded, RunProof, RunStarted, Tier
from ..lesson import Lesson
from ..lesson.evaluation import Evaluation
from ..log import proof_verdict
from ..log.archive import Archive
from ..log.event_log import EventLog
from ..log.keeper import Keeper
from ..log.recording import Recording
from ..log.refusal import Refusal
from .standing import Standing
from .wire import Wire

_UNSAID = 100  # actions and the like that are kept for a launcher that is being forked
_STOP_S = 2.0  # a launcher that has not ended by then after being told is killed
_TURNED_AWAY = '{"busy"'  # the only line that is no entry: it cannot begin now
_OVERDUE_S = 3.0  # and one that has not ended so long after its wall bound


class Run(Standing):
    """A run, queued, live or over. Made by :class:`server.runs.Runs`; lives on one event loop."""

    def __init__(
        self,
        id: str,
        key: str,
        slug: str,
        lesson: Lesson | None,
        params: Mapping[str, Any],
        preset: str | None = None,
        tier: Tier | None = None,
        page: str | None = None,
    ) -> None:
        """``tier`` is the best way of hearing it may use; ``page`` the page that asked for it."""
        super().__init__(page)
        self.id = id
        self.key = key  # empty for a run from the archive: nobody can act on it
        self.lesson = slug
        self.params = dict(params)
        self.preset = preset
        self.epoch = 1
        self._tier = tier
        self.log = EventLog()
        self.first_fact_s: float | None = None  # when it was heard of first, on the monotonic clock
        self.over = asyncio.Event()
        self._verdicts: list[dict[str, Any]] = []  # facts that the API shows of a run that is over
        self._proofs: list[dict[str, Any]] = []
        self._proof: RunProof | None = None  # the verdict on the whole run, once it is over
        self._last_ns = 0
        self._declared = lesson
        self._wire: Wire | None = None
        self._stopping: EndReason | None = None
        self._why: str | None = None  # the sentence that goes with it
        self._keeper: Keeper | None = None
        self._not_kept: Refusal | None = None
        self.damage: str | None = None  # of a kept run: where its good prefix ends and why
        self._unsaid: list[dict[str, Any]] = []
        self._busy = ""  # why it could not begin the last time

    @property
    def tier(self) -> Tier | None:
        """How the kernel is heard, or the best way that is allowed while it has not begun."""
        return self._tier

    @property
    def interactive(self) -> bool:
        """Whether its reader acts on it."""
        return self._declared is not None and bool(self._declared.actions)

    def begin(self, tier: Tier) -> None:
        """It has its cores; ``tier`` is the best way of hearing there is."""
        self._tier = tier
        self._become("running")

    @classmethod
    def kept(cls, id: str, found: Recording) -> Run | None:
        """A run from the archive; None if it does not say of which lesson it is."""
        first = found.entries[0].fact if found.entries else None
        if isinstance(first, RunStarted):
            run = cls(id, "", first.lesson, None, first.params, first.preset, first.tier)
        elif found.request is not None:  # it ended before it began
            run = cls(id, "", found.request["lesson"], None, found.request["params"], found.request["preset"])
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
        if self._waiting is not None:
            said["estimate_s"] = math.ceil(self._waiting.estimate_s)
            said |= {"why": self._waiting.why} if self._waiting.why else {}
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

    def withdraw(self, reason: EndReason, message: str) -> None:
        """It ends without having run."""
        if not self.log.ended:
            self._end(self._stopping or reason, message)
            self.over.set()

    async def stop(self, reason: EndReason = "stopped", why: str | None = None, within_s: float = _STOP_S) -> None:
        """End a run that has begun; when this returns, every process of it is dead. Twice is fine."""
        if not self.over.is_set():
            self._stopping, self._why = self._stopping or reason, self._why or why
            self._say({"stop": True})
            await self._or_kill(within_s)

    async def live(self, wire: Wire, wall_s: float) -> str:
        """From its launcher's first fact to its end. Never raises but for cancellation, which kills the run.

        Gives "", or why it could not begin now: then it is not over and waits again.
        """
        self._wire, self._busy = wire, ""
        overdue = asyncio.ensure_future(self._watch_over(wire, wall_s))
        for said in self._unsaid:
            wire.say(said)
        self._unsaid.clear()
        try:
            await self._read(wire)
        finally:
            overdue.cancel()
            self._wire = None
            wire.close()
            if self._stopping:
                self._busy = ""
            if not self._busy:
                if not self.log.ended:
                    self._end(self._stopping or "interrupted", "the run was cut off")
                self.over.set()
        return self._busy

    async def settled(self) -> None:
        """Wait until its recording is in its place (a run that is over needs a moment for that), or was refused."""
        if self._keeper is not None:
            await self._keeper.settled.wait()

    def _say(self, said: dict[str, Any]) -> None:
        """To its launcher; while there is none yet it is kept for it."""
        if self.log.ended:
            return
        if self._wire is not None:
            self._wire.say(said)
        elif len(self._unsaid) < _UNSAID:
            self._unsaid.append(said)

    async def _watch_over(self, wire: Wire, wall_s: float) -> None:
        await asyncio.sleep(wall_s + _OVERDUE_S)
        await wire.kill()

    async def _or_kill(self, within_s: float) -> None:
        while not self.over.is_set():
            try:
                await asyncio.wait_for(self.over.wait(), within_s)
            except TimeoutError:
                if self._wire is not None:
                    await self._wire.kill()

    async def _read(self, wire: Wire) -> None:
        """Facts until end of file; a launcher that leaves without ``run.ended`` was killed."""
        assert self._declared is not None
        judge = Evaluation(self._declared, self.params, self.preset)
        async for lines in wire.lines():
            if lines and lines[0].startswith(_TURNED_AWAY):
                self._busy = str(json.loads(lines[0])["busy"])
                return
            for line in lines:
                self._take(line, judge)
        if not self.log.ended:
            self._cut(judge)

    def _take(self, line: str, judge: Evaluation) -> None:
        entry = events.decode(line)
        if isinstance(entry.fact, RunStarted):
            self._tier, self.first_fact_s = entry.fact.tier, time.monotonic()
        if isinstance(entry.fact, RunEnded):
            self._judge(judge, entry.t_ns)
            if self._stopping is not None:
                said = replace(entry.fact, reason=self._stopping, message=self._why or entry.fact.message)
                entry, line = replace(entry, fact=said), ""
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
        self._end(self._stopping or "failed", self._why or "the launcher of the run was killed", self._last_ns)

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
        self._become(summary["reason"])

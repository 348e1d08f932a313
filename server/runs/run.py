"""One run in the server's process: reads its facts, evaluates claims, appends to the log, has it persisted.

A run owns its state: admission queues, starts and stops it, and reads its status. It is done when its log has ended:
``run.ended`` is always the last entry, written by the launcher, or by this module if the launcher was killed.
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
from ..lesson.evaluation import ClaimEvaluation
from ..log import proof_verdict
from ..log.archive import Archive
from ..log.event_log import EventLog
from ..log.log_persister import LogPersister
from ..log.recording import Recording
from ..log.write_failure import WriteFailure
from ..settings import Bounds
from .launcher_connection import LauncherConnection
from .run_state import RunState

_MAX_UNSENT = 100  # messages buffered for a launcher that is being forked
_STOP_TIMEOUT_S = 2.0  # a launcher that has not ended by then after being told is killed
_BUSY_PREFIX = '{"busy"'  # the only line that is no entry: it cannot begin now
_OVERDUE_S = 3.0  # and one that has not ended so long after its wall bound


class Run(RunState):
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
        bounds: Bounds | None = None,
    ) -> None:
        """``tier`` is the best tier it may use; ``page`` the page that requested it; ``bounds`` those of its log."""
        super().__init__(page)
        self.id = id
        self.key = key  # empty for a run from the archive: nobody can act on it
        self.lesson = slug
        self.params = dict(params)
        self.preset = preset
        self.epoch = 1
        self._tier = tier
        self.log = EventLog() if bounds is None else EventLog(bounds.facts, bounds.log_bytes)
        self.first_fact_s: float | None = None  # when it was heard of first, on the monotonic clock
        self.done = asyncio.Event()
        self._verdicts: list[dict[str, Any]] = []  # facts that the API shows of a run that is over
        self._proofs: list[dict[str, Any]] = []
        self._proof: RunProof | None = None  # the verdict on the whole run, once it is over
        self._last_ns = 0
        self._declaration = lesson
        self._launcher: LauncherConnection | None = None
        self._stopping: EndReason | None = None
        self._stop_message: str | None = None  # the sentence that goes with it
        self._persister: LogPersister | None = None
        self._not_kept: WriteFailure | None = None
        self.damage: str | None = None  # of a kept run: where its good prefix ends and why
        self._unsent: list[dict[str, Any]] = []
        self._heard_s = 0.0  # when its launcher wrote last, on the monotonic clock
        self._busy_reason = ""  # why it could not begin the last time

    @property
    def tier(self) -> Tier | None:
        """The tier of its records; before it has started, the best tier it may use."""
        return self._tier

    @property
    def interactive(self) -> bool:
        """Whether its lesson has actions."""
        return self._declaration is not None and bool(self._declaration.actions)

    def mark_running(self, tier: Tier) -> None:
        """It has its cores and starts; ``tier`` is the best tier there is."""
        self._tier = tier
        self._set_status("running")

    @classmethod
    def from_recording(cls, id: str, recording: Recording) -> Run | None:
        """A run from the archive; None if it does not say of which lesson it is."""
        first = recording.entries[0].fact if recording.entries else None
        if isinstance(first, RunStarted):
            run = cls(id, "", first.lesson, None, first.params, first.preset, first.tier)
        elif (asked := recording.request) is not None:  # it ended before it began
            run = cls(id, "", asked["lesson"], None, asked["params"], asked["preset"])
        else:
            return None
        run.log = EventLog(len(recording.lines), sum(map(len, recording.lines)) + len(recording.lines))
        run.epoch, run._not_kept = recording.epoch, recording.not_kept
        run.damage = None if recording.not_kept else recording.damage
        for entry, line in zip(recording.entries, recording.lines, strict=True):
            run._append_to_log(entry, line)
        run._conclude()
        run.done.set()
        return run

    def persist(self, archive: Archive) -> None:
        """Persists it from now on: its address stays valid, whatever happens."""
        request = {"lesson": self.lesson, "preset": self.preset, "params": self.params}
        self._persister = archive.persist(self.id, self.log, request)

    @property
    def not_kept(self) -> WriteFailure | None:
        """Why the disk does not have all of it; None while it has, and where nothing is kept at all."""
        return self._not_kept if self._persister is None else self._persister.write_failure

    @property
    def note(self) -> str | None:
        """What a reader is told of its recording: a key of the interface's words after ``status.``, if anything."""
        if self.damage is not None:
            return "damaged"
        return None if self.not_kept is None else f"not_kept.{self.not_kept.reason}"

    @property
    def waits_for_disk(self) -> bool:
        """Whether a refused write will be tried again: until then the run is only in memory."""
        return self._persister is not None and self._persister.will_retry

    @property
    def summary(self) -> dict[str, Any] | None:
        """That of ``run.ended``, with its reason, its message and the verdict on the run; None while there is none."""
        if not self.log.ended:
            return None
        ended = self.log.tail(self.log.last - 1)[0].fact
        assert isinstance(ended, RunEnded)
        summary = {"reason": ended.reason, **ended.summary, "proof": self._proof}
        return summary if ended.message is None else {**summary, "message": ended.message}

    def to_json(self, with_key: bool = False) -> dict[str, Any]:
        """The JSON object of the API, without the links."""
        document: dict[str, Any] = {"id": self.id, "lesson": self.lesson, "preset": self.preset, "params": self.params}
        document |= {"status": self.status, "position": self.position, "tier": self.tier}
        if self._queue_position is not None:
            document["estimate_s"] = math.ceil(self._queue_position.estimate_s)
            document |= {"why": self._queue_position.reason} if self._queue_position.reason else {}
        if with_key:
            document["key"] = self.key
        if self.log.ended:
            document |= {"summary": self.summary, "claims": list(self._verdicts), "proof": list(self._proofs)}
        if self.not_kept is not None:
            document["not_kept"] = self.not_kept.sentence
        return document

    def send_action(self, action: str, text: str | None = None, params: Mapping[str, Any] | None = None) -> None:
        """Sends a validated action to the experiment; no effect once the run has ended."""
        message: dict[str, Any] = {"action": action}
        if text is not None:
            message["text"] = text
        if params:
            message["params"] = dict(params)
        self._send(message)

    def cancel(self, reason: EndReason, message: str) -> None:
        """Ends it without its having run."""
        if not self.log.ended:
            self._end(self._stopping or reason, message)
            self.done.set()

    async def stop(
        self, reason: EndReason = "stopped", message: str | None = None, within_s: float = _STOP_TIMEOUT_S
    ) -> None:
        """Stops a started run; when this returns, all its processes are dead. Idempotent."""
        if not self.done.is_set():
            self._stopping, self._stop_message = self._stopping or reason, self._stop_message or message
            self._send({"stop": True})
            await self._wait_or_kill(within_s)

    async def follow_launcher(self, launcher: LauncherConnection, wall_s: float) -> str:
        """Reads its launcher's facts to the end. Never raises but for cancellation, which kills the run.

        Returns "", or why it could not start now: then it has not ended and is queued again.
        """
        self._launcher, self._busy_reason = launcher, ""
        overdue = asyncio.ensure_future(self._kill_when_overdue(launcher, wall_s))
        for message in self._unsent:
            launcher.send(message)
        self._unsent.clear()
        try:
            await self._read(launcher)
        finally:
            overdue.cancel()
            self._launcher = None
            launcher.close()
            if self._stopping:
                self._busy_reason = ""
            if not self._busy_reason:
                if not self.log.ended:
                    self._end(self._stopping or "interrupted", "the run was cut off")
                self.done.set()
        return self._busy_reason

    async def wait_persisted(self) -> None:
        """Waits until its recording is on disk (an ended run needs a moment for that), or was refused."""
        if self._persister is not None:
            await self._persister.final_write_tried.wait()

    def _send(self, message: dict[str, Any]) -> None:
        """Sends to its launcher, or buffers while there is none yet."""
        if self.log.ended:
            return
        if self._launcher is not None:
            self._launcher.send(message)
        elif len(self._unsent) < _MAX_UNSENT:
            self._unsent.append(message)

    async def _kill_when_overdue(self, launcher: LauncherConnection, wall_s: float) -> None:
        latest_s = time.monotonic() + 2 * wall_s + _OVERDUE_S
        await asyncio.sleep(wall_s + _OVERDUE_S)
        while time.monotonic() < min(latest_s, self._heard_s + _OVERDUE_S):  # it has a backlog, which it hands on
            await asyncio.sleep(_OVERDUE_S)
        await launcher.kill()

    async def _wait_or_kill(self, within_s: float) -> None:
        while not self.done.is_set():
            try:
                await asyncio.wait_for(self.done.wait(), within_s)
            except TimeoutError:
                if self._launcher is not None:
                    await self._launcher.kill()

    async def _read(self, launcher: LauncherConnection) -> None:
        """Facts until end of file; a launcher that leaves without ``run.ended`` was killed."""
        assert self._declaration is not None
        evaluation = ClaimEvaluation(self._declaration, self.params, self.preset)
        async for lines in launcher.lines():
            self._heard_s = time.monotonic()
            if lines and lines[0].startswith(_BUSY_PREFIX):  # its last word; whoever hangs after it is killed like any
                self._busy_reason = str(json.loads(lines[0])["busy"])
                continue
            for line in lines:
                self._handle_line(line, evaluation)
        if not self.log.ended and not self._busy_reason:
            self._end_killed(evaluation)

    def _handle_line(self, line: str, evaluation: ClaimEvaluation) -> None:
        entry = events.decode(line)
        if isinstance(entry.fact, RunStarted):
            self._tier, self.first_fact_s = entry.fact.tier, time.monotonic()
        if isinstance(entry.fact, RunEnded):
            self._evaluate_end(evaluation, entry.t_ns)
            if self._stopping is not None:
                ended = replace(entry.fact, reason=self._stopping, message=self._stop_message or entry.fact.message)
                entry, line = replace(entry, fact=ended), ""
            self._append(entry, line or None)
            self._conclude()
            return
        self._append(entry, line)
        for verdict in evaluation.see(entry):
            self._append(verdict)

    def _append(self, entry: Entry, line: str | None = None) -> None:
        if not self._append_to_log(entry, line) and self._stopping is None:
            self._stopping = "failed"
            self._send({"stop": True})

    def _append_to_log(self, entry: Entry, line: str | None = None) -> bool:
        """Appends to the log and collects the facts that the API shows; False if the log is full."""
        if self.log.append(entry, line) == 0:
            return False
        self._last_ns = max(self._last_ns, entry.t_ns)
        if type(entry.fact) in (ClaimHeld, ClaimBroken):
            self._verdicts.append(events.to_dict(entry)["fact"])
        elif isinstance(entry.fact, ProofChecked):
            self._proofs.append(events.to_dict(entry)["fact"])
        return True

    def _end_killed(self, evaluation: ClaimEvaluation) -> None:
        """The launcher died without ``run.ended``."""
        self._evaluate_end(evaluation, self._last_ns)
        self._end(self._stopping or "failed", self._stop_message or "the launcher of the run was killed", self._last_ns)

    def _evaluate_end(self, evaluation: ClaimEvaluation, t_ns: int) -> None:
        for verdict in evaluation.end(t_ns):
            self._append(verdict)

    def _end(self, reason: EndReason, message: str, t_ns: int = 0) -> None:
        self.log.append(Entry(t_ns, "derived", RunEnded(reason, {"wall_ns": t_ns}, message)))
        self._conclude()

    def _conclude(self) -> None:
        self._proof = proof_verdict.of_log(self.log.tail())
        summary = self.summary
        assert summary is not None
        self._set_status(summary["reason"])

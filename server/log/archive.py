"""The archive: the recordings of all runs in one directory, whose lock one server holds.

``<id>.ndjson`` grows while a run waits or lasts, ``<id>.ndjson.gz`` is a finished run, and
``<id>.<reason>.truncated.ndjson`` one that ended so while the disk took no more. What is sealed is kept: after a crash
the next start turns a growing file into an interrupted run.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import logging
import os
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from ..events import EndReason
from . import seals
from .log_persister import LogPersister, PersistedLog
from .quota import Quota
from .recording import FINISHED, GROWING, TRUNCATED, Recording, RecordingWriter, read, sibling_path, write_finished
from .write_failure import TRANSIENT_ERRNOS, WriteFailure

_LOG = logging.getLogger("timeslice")
_ID = re.compile(r"[a-z0-9]{1,64}", re.ASCII)
_REASONS: tuple[EndReason, ...] = get_args(EndReason)
_CRASHED = "The server stopped while this run was going on; what was recorded until then is kept."
_NEVER_BEGAN = "The server stopped before this run began."
_UNKNOWN_END = "how it ended was not kept"
_MAX_UNWRITTEN_BYTES = 64 * 2**20  # lines of ended runs that the disk refused; beyond, the oldest are given up
_MAX_UNWRITTEN_RUNS = 256  # and how many of them
_MAX_GIVEN_UP = 10_000  # ids of runs that were given up


class DirectoryLocked(Exception):
    """Another server holds this ``directory``; the text is one sentence for whoever started this one."""

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"another server keeps its runs in {directory}: stop it, or set TIMESLICE_DATA_DIR to another directory"
        )
        self.directory = directory


class RecordingUnavailable(Exception):
    """There may be a run of this id, and it cannot be shown; the text is one English sentence."""


class DamagedRecording(RecordingUnavailable):
    """There was a run of this id, and nothing of it can be shown; the text is one English sentence."""


class TemporarilyUnreadable(RecordingUnavailable):
    """The file cannot be opened at this instant (no descriptor, no memory): ask again."""


def find(directory: Path, run: str, live: bool = True) -> Recording | None:
    """A run that is over, read without the directory's lock; None if there is none of this id.

    It always has an end: a damaged one is closed after its good prefix, with the damage as message. A file that still
    grows is passed over if its run may be ``live``. :class:`DamagedRecording` if not even what run it was can be read,
    :class:`TemporarilyUnreadable` if this process is short of descriptors.
    """
    if _ID.fullmatch(run) is None:
        return None
    for name, reason in _names(run):
        recording = _read(directory / name)
        if recording is None or (name.endswith(f"{run}{GROWING}") and live and not recording.ended):
            continue
        if not recording.entries and recording.request is None:
            raise DamagedRecording("The recording of this run is damaged from its first line on.")
        return _with_end(recording, name, reason)
    return None


def _names(run: str) -> list[tuple[str, EndReason | None]]:
    """Every name a run's file may have, the best first, and the end that the name tells."""
    marked: list[tuple[str, EndReason | None]] = [(f"{run}.{reason}{TRUNCATED}", reason) for reason in _REASONS]
    return [(f"{run}{FINISHED}", None), *marked, (f"{run}{TRUNCATED}", None), (f"{run}{GROWING}", None)]


def _read(path: Path) -> Recording | None:
    try:
        return read(path)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return None
        if error.errno in TRANSIENT_ERRNOS:
            raise TemporarilyUnreadable("No file can be opened now.") from None
        _LOG.error("%s cannot be read: %s", path, error.strerror)
        raise DamagedRecording("The recording of this run cannot be read.") from None


def _with_end(recording: Recording, name: str, reason: EndReason | None) -> Recording:
    """A recording with the end that its file's name tells, if it has none of its own."""
    good = f"good up to entry {len(recording.entries)}"
    if recording.truncated and name.endswith(TRUNCATED):
        damage = f"{good}, then the disk took no more"
        return replace(recording, damage=damage, not_kept=WriteFailure("refused", damage)).with_end(
            reason or "interrupted"
        )
    if recording.truncated and name.endswith(GROWING):  # nobody could write here when the server started
        return replace(recording, damage=f"{good}; {_UNKNOWN_END}", truncated=False).with_end()
    return replace(recording, truncated=False).with_end(reason or "interrupted")


class Archive:
    """The directory of recordings. Where it cannot be written runs are live only, ``refusal`` says so, it tries on."""

    def __init__(
        self, directory: Path, quota_bytes: int = 500 * 2**20, seal_ms: int = 250, seal_bytes: int = seals.SEAL_BYTES
    ) -> None:
        """Makes the directory and takes its lock; ``DirectoryLocked`` if another server has it."""
        self.directory = directory
        self._quota = Quota(directory, quota_bytes, (FINISHED, TRUNCATED))
        self._seal_ms, self._seal_bytes = seal_ms, seal_bytes
        self._lock = -1
        self._reported: WriteFailure | None = None
        self._persisters: dict[str, tuple[LogPersister, asyncio.Task[None]]] = {}
        self._given_up: OrderedDict[str, WriteFailure] = OrderedDict()
        self._write_failure: WriteFailure | None = None
        self._open()
        self._report()

    def _open(self) -> None:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.directory / ".lock", os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            self._write_failure = WriteFailure.from_oserror(error)
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            if not isinstance(error, BlockingIOError):
                self._write_failure = WriteFailure.from_oserror(error)
                return
            raise DirectoryLocked(self.directory) from None
        self.close()
        self._lock, self._write_failure = lock, None

    def reopen(self) -> WriteFailure | None:
        """Brings the directory and its lock back if they have gone; why that cannot be, None if all is well."""
        try:
            if self._lock >= 0 and os.path.samestat(os.fstat(self._lock), os.stat(self.directory / ".lock")):
                return None
        except OSError:
            pass  # it has gone: made anew below
        try:
            self._open()
        except DirectoryLocked as taken:
            self._write_failure = WriteFailure("refused", str(taken))
        return self._write_failure

    @property
    def write_failure(self) -> WriteFailure | None:
        """Why runs are not kept at this instant: of the directory, or of the run that was refused last."""
        refused = (persister.write_failure for persister, _ in reversed(self._persisters.values()))
        return self._write_failure or next((each for each in refused if each), None)

    def close(self) -> None:
        """Gives the directory back."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    async def stop(self) -> None:
        """Every run that is over and not kept is tried once more; then the directory is given back."""
        for persister, _ in self._persisters.values():
            persister.stop()
        await asyncio.gather(*(task for _, task in self._persisters.values()), return_exceptions=True)
        self.close()

    def persist(self, run: str, log: PersistedLog, request: Mapping[str, Any]) -> LogPersister:
        """Keeps ``log`` from now on, beginning with what was asked for; needs a running event loop."""
        self.reopen()
        persister = LogPersister(log, self.writer(run, request=request), self.reopen)
        self._persisters[run] = persister, asyncio.ensure_future(self._run_persister(run, persister))
        self._report()
        return persister

    async def _run_persister(self, run: str, persister: LogPersister) -> None:
        reporting = asyncio.ensure_future(self._after_final_write(persister))
        try:
            await persister.run()
        except OSError as error:  # a descriptor short, say: the log in memory is whole, the next recovery has the file
            _LOG.error("a run is not kept: %s", error.strerror)
        finally:
            reporting.cancel()
            self._quota.add(persister.size_bytes)
            if persister.write_failure is not None:
                self._given_up[run] = persister.write_failure
                while len(self._given_up) > _MAX_GIVEN_UP:
                    self._given_up.popitem(last=False)
            del self._persisters[run]
            self._report()

    async def _after_final_write(self, persister: LogPersister) -> None:
        """Tells the server's log, and holds the bound on runs that are over and wait for the disk."""
        await persister.final_write_tried.wait()
        self._report()
        tried = (each for each, _ in self._persisters.values() if each.final_write_tried.is_set())
        unwritten = [each for each in tried if each.write_failure]
        size = 0
        for number, each in enumerate(reversed(unwritten)):
            size += each.log.size_bytes
            if number >= _MAX_UNWRITTEN_RUNS or size > _MAX_UNWRITTEN_BYTES:
                each.stop()

    def _report(self) -> None:
        """One line in the server's log when runs begin to be refused, and one when they are kept again."""
        now = self.write_failure
        if now is not None and (self._reported is None or now.reason != self._reported.reason):
            _LOG.error("runs in %s are %s (%s)", self.directory, now.sentence, now.cause)
        elif now is None and self._reported is not None:
            _LOG.warning("runs are kept again in %s", self.directory)
        self._reported = now

    def given_up(self, run: str) -> WriteFailure | None:
        """Why a run of this id was given up, if it was."""
        return self._given_up.get(run)

    def writer(self, run: str, epoch: int = 1, request: Mapping[str, Any] | None = None) -> RecordingWriter:
        """A writer for a new run of this id."""
        path = self.directory / f"{run}{GROWING}"
        return RecordingWriter(path, epoch, self._seal_ms, self._seal_bytes, request=request)

    def ids(self) -> list[str]:
        """Finished and truncated runs, oldest first."""
        return [name.split(".")[0] for name in self._quota.names()]

    def load(self, run: str) -> Recording | None:
        """:func:`find` in this directory, of a run that is not live; :class:`DamagedRecording` if it was given up."""
        recording = find(self.directory, run, live=False)
        given_up = self.given_up(run)
        if recording is None and given_up is not None:
            raise DamagedRecording(f"This run was {given_up.sentence}.")
        if recording is not None and recording.not_kept is not None and given_up is not None:
            return replace(recording, not_kept=given_up)
        return recording

    def finished(self, run: str) -> bytes | None:
        """The bytes of a finished run's file, for :func:`seals.blocks`; None if there is none that can be read."""
        try:
            return (self.directory / f"{run}{FINISHED}").read_bytes() if _ID.fullmatch(run) else None
        except OSError:
            return None

    def recover_crashed(self) -> list[str]:
        """At start-up: turns every run a crash left growing into a finished or interrupted one; their ids."""
        if self._write_failure:
            return []
        recovered: list[str] = []
        try:
            for new in self.directory.glob(".*.new"):
                new.unlink(missing_ok=True)
            growing = sorted(self.directory.glob(f"[a-z0-9]*{GROWING}"), key=_age)
            ours = (path for path in growing if not path.name.endswith(TRUNCATED))
            recovered.extend(path.name.split(".")[0] for path in ours if _recover(path))
        except OSError as error:
            self._write_failure = WriteFailure.from_oserror(error)
            self._report()
            self._write_failure = None  # the next run tries
        return recovered

    def trim(self) -> None:
        """Removes the oldest runs until the rest is within the quota."""
        self._quota.trim()


def _age(path: Path) -> tuple[int, str]:
    return path.stat().st_mtime_ns, path.name


def _recover(path: Path) -> bool:
    """Ends a growing file; False if nothing was ever sealed in it, and then it is no run."""
    if sibling_path(path, FINISHED).exists():
        path.unlink()  # the crash fell between putting the one in place and removing the other
        return False
    recording = read(path)
    if not recording.entries and recording.request is None:
        if path.stat().st_size == 0:
            path.unlink()  # nobody knew of it yet
        else:
            path.rename(sibling_path(path, TRUNCATED))  # there was a run, and it is damaged
        return False
    ended = recording.with_end("interrupted", _CRASHED if recording.entries else _NEVER_BEGAN)
    write_finished(path, ended.lines, ended.epoch, ended.request)
    return True

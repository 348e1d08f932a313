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
from .keeper import Keeper, Source
from .quota import Quota
from .recording import FINISHED, GROWING, TRUNCATED, Recording, Writer, put, read, sibling
from .refusal import PASSING, Refusal

_LOG = logging.getLogger("timeslice")
_ID = re.compile(r"[a-z0-9]{1,64}", re.ASCII)
_REASONS: tuple[EndReason, ...] = get_args(EndReason)
_CRASHED = "The server stopped while this run was going on; what was recorded until then is kept."
_NEVER_BEGAN = "The server stopped before this run began."
_UNKNOWN_END = "how it ended was not kept"
_UNKEPT_BYTES = 64 * 2**20  # lines of runs that are over and that the disk has refused; then the oldest are given up
_UNKEPT = 256  # and how many of them
_REMEMBERED = 10_000  # ids of runs that were given up


class Taken(Exception):
    """Another server holds this directory; the text is one sentence for whoever started this one."""


class NotShown(Exception):
    """There may be a run of this id, and it cannot be shown; the text is one English sentence."""


class Damaged(NotShown):
    """There was a run of this id, and nothing of it can be shown; the text is one English sentence."""


class Unreadable(NotShown):
    """The file cannot be opened at this instant (no descriptor, no memory): ask again."""


def find(directory: Path, run: str, live: bool = True) -> Recording | None:
    """A run that is over, read without the directory's lock; None if there is none of this id.

    It always has an end: a damaged one is closed after its good prefix, with the damage as message. A file that still
    grows is passed over if its run may be ``live``. :class:`Damaged` if not even what run it was can be read,
    :class:`Unreadable` if this process is short of descriptors.
    """
    if _ID.fullmatch(run) is None:
        return None
    for name, reason in _names(run):
        found = _read(directory / name)
        if found is None or (name.endswith(f"{run}{GROWING}") and live and not found.ended):
            continue
        if not found.entries and found.request is None:
            raise Damaged("The recording of this run is damaged from its first line on.")
        return _closed(found, name, reason)
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
        if error.errno in PASSING:
            raise Unreadable("No file can be opened now.") from None
        _LOG.error("%s cannot be read: %s", path, error.strerror)
        raise Damaged("The recording of this run cannot be read.") from None


def _closed(found: Recording, name: str, reason: EndReason | None) -> Recording:
    """A recording with the end that its file's name tells, if it has none of its own."""
    good = f"good up to entry {len(found.entries)}"
    if found.cut and name.endswith(TRUNCATED):
        damage = f"{good}, then the disk took no more"
        return replace(found, damage=damage, not_kept=Refusal("refused", damage)).closed(reason or "interrupted")
    if found.cut and name.endswith(GROWING):  # nobody could write here when the server started
        return replace(found, damage=f"{good}; {_UNKNOWN_END}", cut=False).closed()
    return replace(found, cut=False).closed(reason or "interrupted")


class Archive:
    """The directory of recordings. Where it cannot be written runs are live only, ``refusal`` says so, it tries on."""

    def __init__(
        self, directory: Path, quota_bytes: int = 500 * 2**20, seal_ms: int = 250, seal_bytes: int = seals.SEAL_BYTES
    ) -> None:
        """Makes the directory and takes its lock; ``Taken`` if another server has it."""
        self.directory = directory
        self._quota = Quota(directory, quota_bytes, (FINISHED, TRUNCATED))
        self._seal_ms, self._seal_bytes = seal_ms, seal_bytes
        self._lock = -1
        self._reported: Refusal | None = None
        self._keepers: dict[str, tuple[Keeper, asyncio.Task[None]]] = {}
        self._given_up: OrderedDict[str, Refusal] = OrderedDict()
        self._refusal: Refusal | None = None
        self._open()
        self._report()

    def _open(self) -> None:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.directory / ".lock", os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            self._refusal = Refusal.of(error)
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            if not isinstance(error, BlockingIOError):
                self._refusal = Refusal.of(error)
                return
            raise Taken(
                f"another server keeps its runs in {self.directory}: "
                "stop it, or set TIMESLICE_DATA_DIR to another directory"
            ) from None
        self.close()
        self._lock, self._refusal = lock, None

    def reopen(self) -> Refusal | None:
        """Brings the directory and its lock back if they have gone; why that cannot be, None if all is well."""
        try:
            if self._lock >= 0 and os.path.samestat(os.fstat(self._lock), os.stat(self.directory / ".lock")):
                return None
        except OSError:
            pass  # it has gone: made anew below
        try:
            self._open()
        except Taken as taken:
            self._refusal = Refusal("refused", str(taken))
        return self._refusal

    @property
    def refusal(self) -> Refusal | None:
        """Why runs are not kept at this instant: of the directory, or of the run that was refused last."""
        refused = (keeper.refusal for keeper, _ in reversed(self._keepers.values()))
        return self._refusal or next((each for each in refused if each), None)

    def close(self) -> None:
        """Gives the directory back."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    async def stop(self) -> None:
        """Every run that is over and not kept is tried once more; then the directory is given back."""
        for keeper, _ in self._keepers.values():
            keeper.stop()
        await asyncio.gather(*(task for _, task in self._keepers.values()), return_exceptions=True)
        self.close()

    def keep(self, run: str, log: Source, request: Mapping[str, Any]) -> Keeper:
        """Keeps ``log`` from now on, beginning with what was asked for; needs a running event loop."""
        self.reopen()
        keeper = Keeper(log, self.writer(run, request=request), self.reopen)
        self._keepers[run] = keeper, asyncio.ensure_future(self._follow(run, keeper))
        self._report()
        return keeper

    async def _follow(self, run: str, keeper: Keeper) -> None:
        reporting = asyncio.ensure_future(self._watch(keeper))
        try:
            await keeper.follow()
        except OSError as error:  # a descriptor short, say: the log in memory is whole, the sweep has the file
            _LOG.error("a run is not kept: %s", error.strerror)
        finally:
            reporting.cancel()
            self._quota.add(keeper.size_bytes)
            if keeper.refusal is not None:
                self._given_up[run] = keeper.refusal
                while len(self._given_up) > _REMEMBERED:
                    self._given_up.popitem(last=False)
            del self._keepers[run]
            self._report()

    async def _watch(self, keeper: Keeper) -> None:
        """Tells the server's log, and holds the bound on runs that are over and wait for the disk."""
        await keeper.settled.wait()
        self._report()
        waiting = [each for each, _ in self._keepers.values() if each.settled.is_set() and each.refusal]
        size = 0
        for number, each in enumerate(reversed(waiting)):
            size += each.log.size_bytes
            if number >= _UNKEPT or size > _UNKEPT_BYTES:
                each.stop()

    def _report(self) -> None:
        """One line in the server's log when runs begin to be refused, and one when they are kept again."""
        now = self.refusal
        if now is not None and (self._reported is None or now.reason != self._reported.reason):
            _LOG.error("runs in %s are %s (%s)", self.directory, now.sentence, now.cause)
        elif now is None and self._reported is not None:
            _LOG.warning("runs are kept again in %s", self.directory)
        self._reported = now

    def not_kept(self, run: str) -> Refusal | None:
        """Why a run of this id was given up, if it was."""
        return self._given_up.get(run)

    def writer(self, run: str, epoch: int = 1, request: Mapping[str, Any] | None = None) -> Writer:
        """A writer for a new run of this id."""
        path = self.directory / f"{run}{GROWING}"
        return Writer(path, epoch, self._seal_ms, self._seal_bytes, request=request)

    def ids(self) -> list[str]:
        """Finished and truncated runs, oldest first."""
        return [name.split(".")[0] for name in self._quota.names()]

    def load(self, run: str) -> Recording | None:
        """:func:`find` in this directory, for a run that is not live here; :class:`Damaged` if it was given up."""
        found = find(self.directory, run, live=False)
        given_up = self.not_kept(run)
        if found is None and given_up is not None:
            raise Damaged(f"This run was {given_up.sentence}.")
        if found is not None and found.not_kept is not None and given_up is not None:
            return replace(found, not_kept=given_up)
        return found

    def sweep(self) -> list[str]:
        """At start-up: turns every run a crash left growing into a finished or interrupted one; their ids."""
        if self._refusal:
            return []
        found: list[str] = []
        try:
            for new in self.directory.glob(".*.new"):
                new.unlink(missing_ok=True)
            growing = sorted(self.directory.glob(f"[a-z0-9]*{GROWING}"), key=_age)
            ours = (path for path in growing if not path.name.endswith(TRUNCATED))
            found.extend(path.name.split(".")[0] for path in ours if _settle(path))
        except OSError as error:
            self._refusal = Refusal.of(error)
            self._report()
            self._refusal = None  # the next run tries
        return found

    def trim(self) -> None:
        """Removes the oldest runs until the rest is within the quota."""
        self._quota.trim()


def _age(path: Path) -> tuple[int, str]:
    return path.stat().st_mtime_ns, path.name


def _settle(path: Path) -> bool:
    """Ends a growing file; False if nothing was ever sealed in it, and then it is no run."""
    if sibling(path, FINISHED).exists():
        path.unlink()  # the crash fell between putting the one in place and removing the other
        return False
    found = read(path)
    if not found.entries and found.request is None:
        if path.stat().st_size == 0:
            path.unlink()  # nobody knew of it yet
        else:
            path.rename(sibling(path, TRUNCATED))  # there was a run, and it is damaged
        return False
    ended = found.closed("interrupted", _CRASHED if found.entries else _NEVER_BEGAN)
    put(path, ended.lines, ended.epoch, ended.request)
    return True

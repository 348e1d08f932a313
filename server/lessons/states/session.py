"""What may be done to the pipeline while it runs, by a reader or the script that stands in for one; it judges nothing.

The log has a name (workdir.py) only until tail has opened it.
"""

from __future__ import annotations

import os
import signal
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from ...events import Step
from ...stage.pipes import bytes_queued
from ...supervisor.event_loop import RunTerminated
from .procfs import letter, position, watches
from .quiet_timer import QuietTimer
from .running import Pipeline, Programs
from .stdio_buffer import StdioBuffer
from .workdir import folder, sweep

if TYPE_CHECKING:
    from ...stage import Stage

Setting = Mapping[str, Any]
Acts = Callable[["Session"], Iterator[dict[str, Any]]]
MOST_PIPELINES = 20  # a run: each is a trial (Stage.trial)
MOST_BURSTS = 10  # a pipeline, 160 kB each: its log stays below the 8 MiB a file may have
MOST_POINTS = 200  # code points of a reader's own line
_UNFIT = ("Cc", "Cs", "Zl", "Zp")  # general categories: controls, surrogates, line and paragraph separators
_TURNS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")  # bidirectional classes (UAX 9)
_PATIENCE_S = 10.0  # with what comes at once, or late where the machine is crowded
_QUIET_S = 2.2  # what the script leaves alone, for the claim about 2 s
_LOOK_S = 0.25  # how long the script lets each thing stand


def run(stage: Stage, params: Setting, programs: Programs) -> None:
    """Pipelines one after the other, each a trial, until one ends or nobody asks for another."""
    if not stage.machine.has("gnu-tail"):
        raise RunTerminated("failed", "this machine has no GNU tail and grep")
    sweep()
    acts: Acts = tour if params["script"] == "tour" else lambda session: session.stage.actions(session.settled)
    setting: Setting = {name: params[name] for name in ("buffered", "pipe", "inotify")}
    for left in reversed(range(MOST_PIPELINES)):
        with stage.trial(label_of(setting), **setting):
            following = _one(stage, setting, programs, acts, last=not left)
        if following is None:
            return
        setting = following


def _one(stage: Stage, setting: Setting, programs: Programs, acts: Acts, *, last: bool) -> Setting | None:
    """One pipeline from its start to its end; the setting of the next, if there is to be one."""
    with ExitStack() as sources:
        with folder():
            line = programs.connect(stage, setting)
            session = Session(stage, setting, line, programs, sources, last=last)
            stage.until(lambda: line.tail.dead or _opened(line, bool(setting["inotify"])), _PATIENCE_S)
        try:
            return _act(session, acts)
        finally:
            session.close()


def _act(session: Session, acts: Acts) -> Setting | None:
    """Do what is asked for until the pipeline is over or another one is wanted."""
    for said in acts(session):
        session.do(said["action"], said.get("text"))
        if session.over or session.next is not None:
            break
    return session.next


def _opened(line: Pipeline, inotify: bool) -> bool:
    """Whether tail needs the log's name no more: it has opened the file, and told inotify to watch it."""
    return watches(line.tail.pid) if inotify else position(line.tail.pid, line.log) is not None


def label_of(setting: Setting) -> str:
    """Key of a trial's name: what differs from the usual pipeline."""
    usual = {"buffered": False, "pipe": "65536", "inotify": True}
    names = {"buffered": "buffered", "pipe": "small", "inotify": "polling"}
    differ = [names[key] for key, value in usual.items() if setting[key] != value]
    return differ[0] if len(differ) == 1 else "mixed" if differ else "plain"


class Session:
    """One pipeline and what is done to it."""

    def __init__(
        self,
        stage: Stage,
        setting: Setting,
        line: Pipeline,
        programs: Programs,
        sources: ExitStack,
        *,
        last: bool,
    ) -> None:
        self.stage = stage
        self.line = line
        self.setting = dict(setting)
        self.next: Setting | None = None  # the pipeline to start instead
        self.bursts = 0
        self._programs = programs
        self._last = last  # there may be no other one after it
        self._sources = sources
        self._lines = 0
        self._hung_up = False
        self.level = stage.pipe_level(line.pipe)
        self.terminal = stage.read_terminal(line.screen, line.grep)
        self.stdio_buffer = StdioBuffer(line, self.level, self.terminal, stage.emit_fact)
        self.quiet_timer = QuietTimer(line.writer.pid, lambda: self.stdio_buffer.through, stage.emit_fact)
        sources.enter_context(stage.polling(self.terminal))
        sources.enter_context(stage.polling(self.quiet_timer))
        if setting["buffered"]:  # else stdio holds nothing back
            sources.enter_context(stage.polling(self.stdio_buffer))
        self._level_on = ExitStack()
        self._level_on.enter_context(stage.polling(self.level))

    @property
    def over(self) -> bool:
        """Nothing can happen any more."""
        return self.line.tail.dead and self.line.grep.dead

    def settled(self) -> bool:
        """To be asked at every turn: hangs up when that is due, and says whether all is over.

        Once tail has gone, nothing more comes into the pipe. Its level is looked at until it is empty or nobody can
        read it any more; only then may grep come to the end of file.
        """
        if self.line.tail.dead and not self._hung_up and (self.line.grep.dead or bytes_queued(self.line.pipe) == 0):
            self.level.poll()
            self._hang_up()
        return self.over

    def do(self, action: str, text: str | None = None) -> None:
        """Perform one of the lesson's actions; an unknown one is nothing."""
        acts: dict[str, Callable[[], None]] = {
            "append": lambda: self._append(f"GET /new/{self._lines} 404"),
            "other": lambda: self._append(f"GET /new/{self._lines} 200"),
            "text": lambda: self._append(harmless(text or "")),
            "burst": self._burst, "stop": self._stop, "resume": self._resume, "end": self._end, "close": self._close,
            "buffered": lambda: self._again("buffered", not self.setting["buffered"]),
            "pipe": lambda: self._again("pipe", "65536" if self.setting["pipe"] == "4096" else "4096"),
            "inotify": lambda: self._again("inotify", not self.setting["inotify"]),
        }  # fmt: skip
        if action in acts:
            self.quiet_timer.restart()
            acts[action]()

    def _append(self, line: str) -> None:
        self._lines += 1
        self._order(f"+{line}")  # marked, so that no text of a reader's can be an order

    def _burst(self) -> None:
        if self.bursts == MOST_BURSTS:
            self.stage.emit_fact(Step(self.line.writer.task, "refused"))
        else:
            self.bursts += 1
            self._order("burst")

    def _order(self, order: str) -> None:
        os.write(self.line.orders, order.encode() + b"\n")

    def _stop(self) -> None:
        if not self.line.grep.dead:
            self.stage.signal(self.line.grep, signal.SIGSTOP)

    def _resume(self) -> None:
        if not self.line.grep.dead:
            self.stage.signal(self.line.grep, signal.SIGCONT)

    def _end(self) -> None:
        """End the reading end. tail ends by itself (since coreutils 8.28); an older one at its next line."""
        if self.line.grep.dead:
            return
        self.stage.signal(self.line.grep, signal.SIGTERM)
        if letter(self.line.grep.pid) == "T":
            self.stage.signal(self.line.grep, signal.SIGCONT)  # a stopped process is ended only once it goes on
        if self.stage.wait(self.line.grep, timeout_s=_PATIENCE_S) and not self._hung_up:
            self.stage.spawn(self._programs.late_writer, self.line.pipe, name="late", role="late")
            self.stage.open_barrier()
        if not self.stage.wait(self.line.tail, timeout_s=_PATIENCE_S):
            self._append(f"GET /new/{self._lines} 404")
            self.stage.wait(self.line.tail, timeout_s=_PATIENCE_S)

    def _close(self) -> None:
        """End the writing end: what is left in the pipe is still read, and then grep reads end of file.

        A frozen grep does that once it goes on.
        """
        if self.line.tail.dead:
            return
        self.stage.signal(self.line.tail, signal.SIGTERM)
        self.stage.until(lambda: self.settled() or letter(self.line.grep.pid) == "T", _PATIENCE_S)

    def _hang_up(self) -> None:
        """The launcher lets go of its write end too: from here on there is no writer."""
        if not self._hung_up:
            self._hung_up = True
            self._level_on.close()
            os.close(self.line.pipe)

    def _again(self, name: str, value: object) -> None:
        if self._last:
            self.stage.emit_fact(Step(self.line.writer.task, "no_more"))
        else:
            self.next = {**self.setting, name: value}

    def close(self) -> None:
        """Let everything go. The writer, told nothing more, ends by itself; what has not ended then is killed."""
        os.close(self.line.orders)
        if self.settled():
            self.stage.wait(timeout_s=_PATIENCE_S)
            self.stage.until(lambda: self.terminal.at_eof, _PATIENCE_S)
        self._sources.close()
        self._hang_up()
        self.terminal.close()
        os.close(self.line.log)


def harmless(text: str) -> str:
    """One line of at most 200 code points that turns no direction. The server has refused others: the last resort."""
    fit = (each for each in text if unicodedata.category(each) not in _UNFIT)
    return "".join(each for each in fit if unicodedata.bidirectional(each) not in _TURNS)[:MOST_POINTS]


def tour(session: Session) -> Iterator[dict[str, Any]]:
    """What a curious reader does, so that a run without one shows everything: idle, a line, stop and burst, end."""
    stage, stdio_buffer = session.stage, session.stdio_buffer

    def settled() -> None:
        stage.until(lambda: stdio_buffer.through, _PATIENCE_S)
        stage.sleep(_LOOK_S)

    settled()
    stage.sleep(_QUIET_S)
    for action in ("append", "other"):
        yield {"action": action}
        settled()
    yield {"action": "stop"}
    stage.until(lambda: letter(session.line.grep.pid) == "T", _PATIENCE_S)
    stage.sleep(_LOOK_S)
    yield {"action": "burst"}
    stage.until(lambda: session.level.bytes > 0 and letter(session.line.tail.pid) == "S", _PATIENCE_S)
    stage.sleep(_LOOK_S)
    yield {"action": "resume"}
    settled()
    yield {"action": "close" if session.setting["buffered"] else "end"}

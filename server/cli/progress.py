"""How far a run is, on one line of a terminal that is rewritten in place and leaves nothing behind."""

from __future__ import annotations

import contextlib
import threading
import time
from types import TracebackType
from typing import TextIO

from ..events import Entry, RunStarted
from . import columns
from .style import Style

_ERASE = "\r\x1b[K"  # to the start of the line, and erase to its end (ECMA-48, EL)
_EVERY_S = 0.2


class Progress:
    """A context in which the line is shown; without a stream nothing is ever written.

    A thread writes it, as a run may say nothing for seconds. ``entries`` is counted by whoever hears them.
    """

    def __init__(self, stream: TextIO | None, style: Style, expected_s: float, across: int) -> None:
        self.entries = 0
        self._stream, self._style, self._expected_s, self._across = stream, style, expected_s, across
        self._began_s: float | None = None
        self._over = threading.Event()
        self._pen = threading.Lock()  # one writes at a time: the thread, or whoever clears the line
        self._thread = threading.Thread(target=self._show, daemon=True)

    def __enter__(self) -> Progress:
        if self._stream is not None:
            self._thread.start()
        return self

    def __exit__(self, _type: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        if self._stream is not None:
            self._over.set()
            self._thread.join()
            self._write(_ERASE)

    def begin(self, head: str = "", out: TextIO | None = None) -> None:
        """The run has started, and its time counts from here on; ``head`` is printed where the line stood."""
        with self._pen:
            self._began_s = time.monotonic()
            self._write(_ERASE)
            with contextlib.suppress(OSError):  # the run goes on; its report meets the same fault and says it
                if head and out is not None:
                    print(head, file=out, flush=True)

    def on_entry(self, entry: Entry) -> None:
        """Each entry of the run, for a command that prints no head."""
        self.entries += 1
        if isinstance(entry.fact, RunStarted):
            self.begin()

    def line(self) -> str:
        """What there is to say now."""
        said = self._style.words["run"]
        if self._began_s is None:
            return str(said["starting"])
        went_s = time.monotonic() - self._began_s
        key = "progress" if went_s <= self._expected_s else "overdue"
        return str(said[key]).format(
            went=f"{went_s:.0f}", expected=f"{self._expected_s:.0f}", entries=f"{self.entries:,}"
        )

    def _show(self) -> None:
        while not self._over.wait(_EVERY_S):
            with self._pen:
                self._write(f"{_ERASE}{self._style.paint('faint', columns.clip(self.line(), self._across - 1))}")

    def _write(self, text: str) -> None:
        if self._stream is not None:
            with contextlib.suppress(OSError, ValueError):  # a terminal that has gone: the report meets that too
                self._stream.write(text)
                self._stream.flush()

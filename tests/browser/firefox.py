"""A headless Firefox over WebDriver BiDi (w3.org/TR/webdriver-bidi), which it speaks by itself; it tests nothing.

Playwright drives only a Firefox of its own making, and Debian's has no geckodriver beside it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.browser.harness import read_until

PATIENCE_S = 300  # a loaded machine is no failure


def firefox() -> str | None:
    """Path of an installed Firefox."""
    named = os.environ.get("FIREFOX")
    return named or next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)


#: On a machine of somebody's own it may be missing; where CI is set, the installation has to have brought it.
needs_firefox = pytest.mark.skipif(firefox() is None and "CI" not in os.environ, reason="there is no Firefox here")


def promise_of(condition: str) -> str:
    """JavaScript: a promise of the value of an expression once it is truthy, asked at every change of the document."""
    return f"""new Promise(done => {{
        const ask = () => {{ const value = {condition}; if (value) {{ watch.disconnect(); done(value); }} }};
        const watch = new MutationObserver(ask);
        watch.observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
        ask();
    }})"""


class Session:
    """One tab of a running Firefox; it writes down what its pages say in error and whatever they ask for."""

    def __init__(self, wire: ClientConnection) -> None:
        self._wire, self._sent = wire, 0
        self._events: list[dict[str, Any]] = []
        self._left: set[str] = set()  # realms of pages that were left: their requests are cut, and they say so
        self.trouble: list[str] = []  # errors and warnings of the console, and exceptions
        self.asked: list[str] = []  # addresses
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
        self.tab: str = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method: str, **params: Any) -> Any:
        """One command's result; RuntimeError with the browser's words if it refuses."""
        self._sent += 1
        self._wire.send(json.dumps({"id": self._sent, "method": method, "params": params}))
        while (answer := self._next()).get("id") != self._sent:
            self._events.append(answer)
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['message']}")
        return answer["result"]

    def _next(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self._wire.recv(timeout=PATIENCE_S))
        if said.get("method") == "network.beforeRequestSent":
            self.asked.append(said["params"]["request"]["url"])
        elif said.get("method") == "log.entryAdded" and self._is_trouble(said["params"]):
            self.trouble.append(str(said["params"]["text"]))
        return said

    def _is_trouble(self, entry: dict[str, Any]) -> bool:
        return entry["level"] in ("error", "warn") and entry["source"]["realm"] not in self._left

    def open(self, url: str, framed: str) -> str:
        """Loads a page; the frame in it that has loaded ``framed``, or an address below it if that ends in a slash."""
        self.ask("session.subscribe", events=["browsingContext.load"])
        self._left |= {each["realm"] for each in self.ask("script.getRealms")["realms"]}
        self.ask("browsingContext.navigate", context=self.tab, url=url, wait="none")
        while True:
            event = self._events.pop(0) if self._events else self._next()
            url = str(event["params"].get("url"))
            if url == framed or (framed.endswith("/") and url.startswith(framed)):
                return str(event["params"]["context"])

    def wait(self, context: str, condition: str) -> Any:
        """The value of a JavaScript expression once it is truthy, asked at every change of the document."""
        said = self.ask(
            "script.evaluate", expression=promise_of(condition), target={"context": context}, awaitPromise=True
        )
        if said["type"] != "success":
            raise RuntimeError(said["exceptionDetails"]["text"])
        return said["result"].get("value")

    def click(self, context: str, selector: str) -> None:
        """A real click of the mouse in the middle of an element."""
        found = self.ask("browsingContext.locateNodes", context=context, locator={"type": "css", "value": selector})
        (node,) = found["nodes"]
        origin = {"type": "element", "element": {"sharedId": node["sharedId"]}}
        moves = [{"type": "pointerMove", "x": 0, "y": 0, "origin": origin}]
        press = [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        mouse = {"type": "pointer", "id": "mouse", "actions": moves + press}
        self.ask("input.performActions", context=context, actions=[mouse])


@contextlib.contextmanager
def session(*flags: str) -> Iterator[Session]:
    """A fresh Firefox with a profile of its own, started with more flags (``--offline``: no network)."""
    program = firefox()
    assert program is not None, "no Firefox: tests/browser/install.sh brings one"
    with tempfile.TemporaryDirectory(prefix="timeslice-firefox-") as profile:
        command = [program, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"]
        child = subprocess.Popen(
            [*command, *flags, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "HOME": profile, "XDG_RUNTIME_DIR": profile}, start_new_session=True,
        )  # fmt: skip
        try:
            with connect(f"{_address(child)}/session", max_size=None, compression=None) as wire:
                yield Session(wire)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.communicate()


def _address(child: subprocess.Popen[str]) -> str:
    """Reads what the browser says until it names its address."""
    assert child.stderr is not None
    return read_until(child.stderr, r"WebDriver BiDi listening on (ws://\S+)", "Firefox")[1]

"""A WebKitGTK over WebDriver (w3.org/TR/webdriver2), in its MiniBrowser on a screen that nobody sees; it tests nothing.

Debian has it in webkit2gtk-driver and xvfb. Only `make test-hosts` uses it, and only where it is installed.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.browser.firefox import PATIENCE_S, promise_of
from tests.deploy.proxies import free_port

_BROWSERS = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"
#: The frame that shows an address, also in an element's shadow, at the first picture in which there is one.
_FRAMED = """const [framed, done] = arguments;
  const all = root => [...root.querySelectorAll('*')].flatMap(e => e.shadowRoot ? [e, ...all(e.shadowRoot)] : [e]);
  const ask = () => {
    const found = all(document).find(e => e.localName === 'iframe' && e.src.startsWith(framed));
    if (!found) return requestAnimationFrame(ask);
    found.scrollIntoView({ block: 'center' });
    done(found);
  };
  ask();"""
_LOADED = "return document.readyState === 'complete' && location.href.startsWith(arguments[0])"


def minibrowser() -> str | None:
    """Path of WebKitGTK's MiniBrowser, if its driver and a screen, or Xvfb for one, are there too."""
    screen = "DISPLAY" in os.environ or shutil.which("Xvfb")
    found = sorted(map(str, Path("/").glob(_BROWSERS.removeprefix("/"))))
    return found[-1] if found and screen and shutil.which("WebKitWebDriver") else None


class Session:
    """One tab; what is asked of it is asked of the frame that was opened last."""

    def __init__(self, wire: httpx.Client, browser: str) -> None:
        self._wire, self._path = wire, ""
        options = {"binary": browser, "args": ["--automation"]}
        wanted = {"browserName": "MiniBrowser", "webkitgtk:browserOptions": options}
        made = self._ask("POST", "/session", capabilities={"alwaysMatch": wanted})
        self._path = f"/session/{made['sessionId']}"
        self.version = str(made["capabilities"]["browserVersion"])
        self._ask("POST", "/timeouts", script=PATIENCE_S * 1000, pageLoad=PATIENCE_S * 1000)

    def _ask(self, method: str, path: str, **body: Any) -> Any:
        """One command's result; RuntimeError with the browser's words if it refuses."""
        content = json.dumps(body) if method == "POST" else None
        value = self._wire.request(method, self._path + path, content=content).json()["value"]
        if isinstance(value, Mapping) and "error" in value:
            raise RuntimeError(f"{path}: {value['error']}: {value['message']}")
        return value

    def _script(self, way: str, text: str, *given: Any) -> Any:
        return self._ask("POST", f"/execute/{way}", script=text, args=given)

    def open(self, url: str, framed: str) -> str:
        """Loads a page and goes into the frame in it that shows ``framed``, or an address that begins so."""
        self._ask("POST", "/frame", id=None)
        self._ask("POST", "/url", url=url)
        deadline, pause = time.monotonic() + PATIENCE_S, threading.Event()
        while not self._entered(framed):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{framed}: not loaded in {url}")
            pause.wait(0.05)
        return framed

    def _entered(self, framed: str) -> bool:
        """Goes into the frame; whether it is one that has loaded. A frame begins with an empty document, and a host may
        put another frame in its place."""
        self._ask("POST", "/frame", id=None)
        try:
            self._ask("POST", "/frame", id=self._script("async", _FRAMED, framed))
            loaded: bool = self._script("sync", _LOADED, framed)
        except RuntimeError as error:
            if "no such" not in str(error) and "stale" not in str(error):
                raise
            return False
        return loaded

    def wait(self, _frame: str, condition: str) -> Any:
        """The value of a JavaScript expression once it is truthy, asked at every change of the document."""
        return self._script("async", f"const done = arguments[0]; {promise_of(condition)}.then(done)")

    def close(self) -> None:
        self._ask("DELETE", "")


@contextlib.contextmanager
def session() -> Iterator[Session]:
    """A fresh WebKitGTK, with a screen of its own if there is none."""
    browser = minibrowser()
    assert browser is not None, "no WebKitGTK: webkit2gtk-driver and xvfb bring one"
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="timeslice-webkit-") as home, _screen() as display:
        env = {**os.environ, "DISPLAY": display, "HOME": home, "XDG_RUNTIME_DIR": home, "LIBGL_ALWAYS_SOFTWARE": "1"}
        with (
            _started(["WebKitWebDriver", f"--port={port}"], env),
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as wire,
        ):
            _listens(wire)
            tab = Session(wire, browser)
            try:
                yield tab
            finally:
                tab.close()


@contextlib.contextmanager
def _screen() -> Iterator[str]:
    """The display that is there, or one of Xvfb's, which names it when it is ready (Xserver(1), -displayfd)."""
    if "DISPLAY" in os.environ:
        yield os.environ["DISPLAY"]
        return
    read, write = os.pipe()
    with open(read) as said:
        order = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x1024x24"]
        with _started(order, dict(os.environ), pass_fds=(write,)):
            os.close(write)
            yield f":{said.readline().strip()}"


@contextlib.contextmanager
def _started(order: list[str], env: dict[str, str], pass_fds: tuple[int, ...] = ()) -> Iterator[None]:
    child = subprocess.Popen(
        order, env=env, pass_fds=pass_fds, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _listens(wire: httpx.Client) -> None:
    """Waits until the driver answers."""
    deadline, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while True:
        try:
            wire.get("/status")
            return
        except httpx.ConnectError:
            if time.monotonic() > deadline:
                raise
            pause.wait(0.05)

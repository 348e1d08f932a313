"""A server of its own and a Chromium to look at it with; used by the browser tests, screenshots and benchmarks."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, Playwright

ROOT = Path(__file__).resolve().parent.parent.parent
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
]
#: What Playwright turns off and these tests do not: without it a frame of another site is refused Web Locks, which
#: readers have.
LEFT_ON = "ThirdPartyStoragePartitioning"
#: The others that Playwright turns off (chromiumSwitches.ts): a second --disable-features replaces its own list.
PLAYWRIGHT_OFF = [
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding",
    "AvoidCorsURLLoaderRestartOnRedirect", "TcpPortRandomizationWin", "OptimizationHints", "NetworkTimeServiceQuerying",
    "AimEnabled", "PreconnectToSearch", "msForceBrowserSignIn", "msEdgeUpdateLaunchServicesPreferredVersion",
]  # fmt: skip
#: Pages of Chromium's own that each window loads ahead of need, under the address field: nobody types into it, and they
#: cost as much CPU as a lesson's page.
UNUSED = ["PreloadTopChromeWebUI", "WebUIOmniboxPopup", "WebUIOmniboxFullPopup", "WebUIOmniboxAimPopup"]
SIZES = {"laptop": (1440, 900), "projector": (1280, 720), "phone": (360, 740)}


def chromium() -> str | None:
    """Path of an installed Chromium; None means: Playwright's own."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def launch(playwright: Playwright, *flags: str) -> Browser:
    """A headless Chromium that asks nothing of the network, and keeps no settings in the runtime directory."""
    env: dict[str, str | float | bool] = {**os.environ, "GSETTINGS_BACKEND": "memory"}
    off = f"--disable-features={','.join([*PLAYWRIGHT_OFF, *UNUSED])}"
    return playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, off, *flags], env=env)


@contextlib.contextmanager
def serving(**environ: str) -> Iterator[str]:
    """A server in a process of its own, on a free port, with its own data; yields its address.

    The server prints its address once it listens; nothing here waits for time.
    """
    with tempfile.TemporaryDirectory(prefix="timeslice-test-") as data:
        env = {**os.environ, "TIMESLICE_DATA_DIR": data, "PORT": "0", "HOST": "127.0.0.1", **environ}
        child = subprocess.Popen(
            [sys.executable, "-m", "server", "serve", "--no-browser"],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield address(child)
        finally:
            child.send_signal(signal.SIGTERM)
            child.communicate()


def address(child: subprocess.Popen[str]) -> str:
    """Reads what the server prints until it names its address; RuntimeError with its words if it never does."""
    assert child.stdout is not None
    return read_until(child.stdout, r"http://[\d.]+:\d+", "the server")[0]


def read_until(lines: Iterable[str], pattern: str, who: str) -> re.Match[str]:
    """The first match in what a program prints; RuntimeError with its words if it ends without one."""
    said = []
    for line in lines:
        said.append(line)
        if found := re.search(pattern, line):
            return found
    raise RuntimeError(f"{who} did not start:\n" + "".join(said))


class _Quiet(SimpleHTTPRequestHandler):
    """Files of a folder; a browser's wish for an icon is answered with nothing."""

    def do_GET(self) -> None:
        if self.path != "/favicon.ico":
            return super().do_GET()
        self.send_response(204)
        return self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextlib.contextmanager
def serving_folder(folder: Path) -> Iterator[str]:
    """Somebody else's site, at another origin than ours: the files of a folder on a free port; yields its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()

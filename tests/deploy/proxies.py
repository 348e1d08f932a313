"""nginx, Caddy, HAProxy and Apache with the configurations of docs/deploy/, on a free port; it tests nothing."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

DEPLOY = Path(__file__).resolve().parent.parent.parent / "docs/deploy"
TOP, BELOW = "learn.example", "school.example"  # the names that the configurations say
ROOT = "/course/os"
_APACHE_MODULES = Path("/usr/lib/apache2/modules")
_APACHE_NEEDS = ("mpm_event", "authz_core", "alias", "proxy", "proxy_http", "headers")


@dataclass(frozen=True)
class Kind:
    """A proxy: its program, its file in docs/deploy/, and how it is told to check one and to serve with it."""

    program: str
    file: str
    write: Callable[[Path, str, int], Path]  # (folder, the adapted text, port): what the program is pointed to
    check: tuple[str, ...]
    serve: tuple[str, ...]

    @property
    def path(self) -> str | None:
        """Where it is installed; Debian keeps two of them where only root looks."""
        return shutil.which(self.program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")

    def command(self, arguments: tuple[str, ...], folder: Path, config: Path) -> list[str]:
        """The program with its arguments."""
        assert self.path is not None
        return [self.path, *(each.format(folder=folder, config=config) for each in arguments)]


def adapted(text: str, port: int, upstream: int) -> str:
    """A configuration that listens on ``port`` instead of 80 and asks a server on ``upstream`` instead of 8000."""
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    text = re.sub(r"(?m)^(\s*(?:listen|bind)\s+)(?::)?80\b", rf"\g<1>127.0.0.1:{port}", text)
    text = text.replace("<VirtualHost *:80>", f"<VirtualHost 127.0.0.1:{port}>")
    return re.sub(r"(?m)^http://(\S+) \{", rf"http://\1:{port} {{", text)


def _nginx(folder: Path, text: str, _port: int) -> Path:
    (folder / "timeslice.conf").write_text(text)
    paths = " ".join(
        f"{each}_temp_path {folder}/{each};" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / "nginx.conf"
    main.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr warn; events {{}}\n"
        f"http {{ access_log off; {paths} include {folder}/timeslice.conf; }}\n"
    )
    return main


def _apache(folder: Path, text: str, port: int) -> Path:
    (folder / "timeslice.conf").write_text(text)
    loads = "\n".join(f"LoadModule {each}_module {_APACHE_MODULES}/mod_{each}.so" for each in _APACHE_NEEDS)
    main = folder / "apache.conf"
    main.write_text(
        f"ServerRoot {folder}\nPidFile {folder}/pid\nDefaultRuntimeDir {folder}\nErrorLog /dev/stderr\n"
        f"ServerName localhost\nListen 127.0.0.1:{port}\n{loads}\nInclude {folder}/timeslice.conf\n"
    )
    return main


def _plain(name: str) -> Callable[[Path, str, int], Path]:
    def write(folder: Path, text: str, _port: int) -> Path:
        (folder / name).write_text(text)
        return folder / name

    return write


KINDS = {
    "nginx": Kind(
        "nginx", "nginx.conf", _nginx,
        ("-t", "-p", "{folder}", "-c", "{config}"), ("-p", "{folder}", "-c", "{config}"),
    ),
    "caddy": Kind(
        "caddy", "Caddyfile", _plain("Caddyfile"),
        ("validate", "--adapter", "caddyfile", "--config", "{config}"),
        ("run", "--adapter", "caddyfile", "--config", "{config}"),
    ),
    "haproxy": Kind(
        "haproxy", "haproxy.cfg", _plain("haproxy.cfg"), ("-c", "-f", "{config}"), ("-db", "-f", "{config}")
    ),
    "apache": Kind("apache2", "apache.conf", _apache, ("-t", "-f", "{config}"), ("-D", "FOREGROUND", "-f", "{config}")),
}  # fmt: skip


def configure(kind: Kind, folder: Path, port: int, upstream: int) -> Path:
    """Writes the configuration for these two ports; what the program is pointed to."""
    return kind.write(folder, adapted((DEPLOY / kind.file).read_text(), port, upstream), port)


def environment(folder: Path) -> dict[str, str]:
    """Keeps what a proxy writes inside ``folder``."""
    return {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(kind: Kind, folder: Path, port: int, upstream: int) -> Iterator[None]:
    """The proxy, once it accepts connections; RuntimeError with its words if it ends instead."""
    config = configure(kind, folder, port, upstream)
    said = folder / "said.txt"
    with said.open("wb") as out:
        child = subprocess.Popen(
            kind.command(kind.serve, folder, config), stdout=out, stderr=subprocess.STDOUT, env=environment(folder)
        )
    try:
        while not _accepts(port):
            if child.poll() is not None:
                raise RuntimeError(f"{kind.program} did not start:\n{said.read_text()}")
        yield
    finally:
        child.terminate()
        child.wait()


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
    except OSError:
        return False
    return True

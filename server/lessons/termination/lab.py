"""Ten ends on your own machine: who says bye, what the parent gets, what a zombie keeps.

    python3 lab.py          (Windows: py lab.py)

Standard library only. On Windows there are no signals between processes; what cannot be shown there says so.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

PROGRAM = """
import os, sys, signal, time
def end():
    {body}
try:
    print("ready", flush=True)
    end()
finally:
    print("bye", flush=True)
"""
ENDS = {
    "return": "pass",
    "sys.exit(3)": "sys.exit(3)",
    "1/0": "1/0",
    "os._exit(4)": "os._exit(4)",
    "os.abort()": "os.abort()",
    "sys.exit(300)": "sys.exit(300)",
}
SIGNALS = ("SIGINT", "SIGTERM", "SIGKILL", "SIGHUP")


def run(body: str, signum: int | None = None) -> tuple[int, bool]:
    """The return code (minus the signal's number, if it was one) and whether it said bye."""
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(body=body)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert child.stdout is not None
    child.stdout.readline()
    if signum is not None:
        time.sleep(0.2)  # until it sleeps
        child.send_signal(signum)
    said, _ = child.communicate()
    return child.returncode, "bye" in said


def dollar(returncode: int) -> int:
    """What a shell would print as $?."""
    return 128 - returncode if returncode < 0 else returncode & 255


def show(name: str, returncode: int, said: bool) -> None:
    """One row of the table."""
    if os.name == "nt":
        print(f"  {name:16} exit code {returncode:<12} {'bye' if said else '-'}")
        return
    got = f"signal {-returncode}" if returncode < 0 else f"exit code {returncode}"
    print(f"  {name:16} {got:14} $? {dollar(returncode):<4} {'bye' if said else '-'}")


def zombie() -> None:
    """What /proc still says of a process that has ended and was not collected (Linux)."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # it has ended; it is not collected
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        lines = [line.rstrip() for line in status if line.startswith(("State", "PPid", "VmRSS"))]
    print(f"\nA zombie, pid {pid}:", "; ".join(lines))
    print("  VmRSS is", "there" if any(line.startswith("VmRSS") for line in lines) else "not there at all")
    os.waitpid(pid, 0)
    print(f"  after wait(), /proc/{pid} is", "there" if os.path.exists(f"/proc/{pid}") else "gone")


def main() -> None:
    """Run all of it."""
    print("Guess first: which of these never say bye?\n")
    for name, body in ENDS.items():
        show(name, *run(body))
    if os.name == "nt":
        print("\nWindows has no signals; terminate() is TerminateProcess, which gives no process a last word:")
    for name in SIGNALS:
        signum = getattr(signal, name, None)
        if signum is not None and (os.name != "nt" or name == "SIGTERM"):
            show(name, *run("time.sleep(60)", signum))
    if sys.platform == "linux":
        zombie()


if __name__ == "__main__":
    main()

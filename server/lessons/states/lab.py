"""The states of a process, on your own machine: tail -f, grep, a pipe between them, and where each of them sleeps.

    python3 lab.py          or: python3 lab.py zh

It needs Python 3.9 or newer, tail and grep, and takes about ten seconds. On Linux it reads the states of the two from
/proc; on macOS it asks ps. Windows has no signals for this: use WSL there.
It is not the recorded experiment of the page: it looks now and then, where the page has every switch from the kernel.
"""

from __future__ import annotations

import locale
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LINE = b"GET /old 404\n"
MANY = 20_000
CALLS = {0: "read", 1: "write", 7: "poll", 35: "nanosleep", 230: "clock_nanosleep", 271: "ppoll"}  # x86-64

WORDS = {
    "en": {
        "start": "tail -f access.log | grep --line-buffered 404, in {folder}",
        "idle": "1. Nothing is written for 2 seconds",
        "line": "2. One line is appended",
        "came": "   grep printed it {ms:.1f} ms later",
        "full": "3. grep is stopped (SIGSTOP), and {lines:,} lines are written",
        "resumed": "4. grep goes on (SIGCONT)",
        "printed": "   written {written:,} matching lines, printed {printed:,}",
        "gone": "5. grep is ended",
        "tail_gone": "   tail ended too, with status {status} (a negative number is a signal)",
        "tail_stays": "   tail is still there: yours does not watch its output. Its next line ends it (SIGPIPE).",
        "state": "   {name}: {state}{where}, voluntary switches {voluntary}",
        "state_ps": "   {name}: state {state}",
        "windows": "This needs tail, grep and signals to stop and resume: run it on Linux, macOS or WSL.",
        "R": "running or ready",
        "S": "blocked",
        "D": "blocked",
        "T": "stopped",
        "Z": "zombie",
        "in": " in {call}",
        "end": "Compare 1 with 2: two seconds without a switch, then two processes woken by one line.\n"
        "Compare 3 with 4: the slow one was grep, and yet it was tail that slept.",
    },
    "zh": {
        "start": "tail -f access.log | grep --line-buffered 404，在 {folder}",
        "idle": "1. 两秒没有新日志",
        "line": "2. 追加一行",
        "came": "   {ms:.1f} 毫秒后 grep 打印了它",
        "full": "3. 冻结 grep（SIGSTOP），写入 {lines:,} 行",
        "resumed": "4. 恢复 grep（SIGCONT）",
        "printed": "   写入匹配的 {written:,} 行，打印 {printed:,} 行",
        "gone": "5. 结束 grep",
        "tail_gone": "   tail 也结束了，状态 {status}（负数是信号）",
        "tail_stays": "   tail 还在：你的 tail 不查看自己的输出，写下一行时才会结束（SIGPIPE）。",
        "state": "   {name}：{state}{where}，自愿切换 {voluntary} 次",
        "state_ps": "   {name}：状态 {state}",
        "windows": "这里需要 tail、grep 和能冻结、恢复进程的信号：请在 Linux、macOS 或 WSL 里运行。",
        "R": "运行或就绪",
        "S": "阻塞",
        "D": "阻塞",
        "T": "暂停",
        "Z": "僵尸",
        "in": "，在 {call} 里",
        "end": "比较 1 和 2：两秒没有一次切换，然后一行叫醒了两个进程。\n比较 3 和 4：慢的是 grep，睡着的却是 tail。",
    },
}


def state(name: str, pid: int, words: dict[str, str]) -> str:
    """One line about a process, from /proc or, where there is none, from ps."""
    try:
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    except OSError:
        letter = subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True).stdout[:1]
        return words["state_ps"].format(name=name, state=words.get(letter, letter))
    letter = status["State"][0]
    where = call_of(pid)
    return words["state"].format(
        name=name,
        state=words.get(letter, letter),
        where=words["in"].format(call=where) if where and letter in "SD" else "",
        voluntary=status["voluntary_ctxt_switches"],
    )


def call_of(pid: int) -> str:
    """The system call a process sleeps in, by name; empty where that is not to be had."""
    try:
        number = Path(f"/proc/{pid}/syscall").read_text().split()[0]
    except OSError:
        return ""
    if os.uname().machine != "x86_64" or not number.isdigit():
        return ""
    return CALLS.get(int(number), f"system call {number}")


def append(log: Path, data: bytes) -> None:
    with log.open("ab", buffering=0) as file:
        file.write(data)


def read_lines(fd: int, wanted: int, seconds: float) -> int:
    """How many lines come out of grep within so many seconds, at most the wanted ones."""
    os.set_blocking(fd, False)
    lines, end = 0, time.monotonic() + seconds
    while lines < wanted and time.monotonic() < end:
        try:
            lines += os.read(fd, 65536).count(b"\n")
        except BlockingIOError:
            time.sleep(0.0005)
    return lines


def both(tail: subprocess.Popen[bytes], grep: subprocess.Popen[bytes], words: dict[str, str]) -> None:
    print(state("tail", tail.pid, words))
    print(state("grep", grep.pid, words))


def experiment(folder: str, words: dict[str, str]) -> None:
    log = Path(folder, "access.log")
    log.write_bytes(b"GET /a 200\n")
    print(words["start"].format(folder=folder))
    tail = subprocess.Popen(["tail", "-f", str(log)], stdout=subprocess.PIPE)
    grep = subprocess.Popen(["grep", "--line-buffered", "404"], stdin=tail.stdout, stdout=subprocess.PIPE)
    assert tail.stdout is not None
    assert grep.stdout is not None
    tail.stdout.close()  # only grep reads now
    try:
        time.sleep(0.5)
        show(tail, grep, grep.stdout.fileno(), log, words)
    finally:
        for each in (grep, tail):
            each.kill()
            each.wait()


def show(
    tail: subprocess.Popen[bytes], grep: subprocess.Popen[bytes], out: int, log: Path, words: dict[str, str]
) -> None:
    print(words["idle"])
    both(tail, grep, words)
    time.sleep(2)
    both(tail, grep, words)

    print(words["line"])
    began = time.monotonic()
    append(log, LINE)
    read_lines(out, 1, 3)
    print(words["came"].format(ms=(time.monotonic() - began) * 1000))
    both(tail, grep, words)

    print(words["full"].format(lines=MANY))
    grep.send_signal(signal.SIGSTOP)
    append(log, LINE * MANY)
    time.sleep(1)
    both(tail, grep, words)

    print(words["resumed"])
    grep.send_signal(signal.SIGCONT)
    print(words["printed"].format(written=MANY, printed=read_lines(out, MANY, 5)))

    print(words["gone"])
    grep.terminate()
    grep.wait()
    try:
        print(words["tail_gone"].format(status=tail.wait(timeout=2)))
    except subprocess.TimeoutExpired:
        print(words["tail_stays"])
    print(words["end"])


def main() -> None:
    spoken = sys.argv[1] if len(sys.argv) > 1 else (locale.getlocale()[0] or "en")[:2].lower()
    words = WORDS.get(spoken, WORDS["en"])
    if os.name == "nt" or not shutil.which("tail") or not shutil.which("grep"):
        print(words["windows"])
        return
    with tempfile.TemporaryDirectory() as folder:
        experiment(folder, words)


if __name__ == "__main__":
    main()

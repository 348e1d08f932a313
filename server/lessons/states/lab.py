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
from typing import NamedTuple

LINE = b"GET /old 404\n"
MANY = 20_000
PATIENCE_S = 3
CALLS = {0: "read", 1: "write", 7: "poll", 35: "nanosleep", 230: "clock_nanosleep", 271: "ppoll"}  # x86-64

WORDS = {
    "en": {
        "start": "tail -f access.log | grep --line-buffered 404, in {folder}",
        "idle": "1. Nothing is written for 2 seconds",
        "line": "2. One line is appended",
        "came": "   grep printed it {ms:.1f} ms later",
        "nothing": "   grep printed nothing within {seconds} s",
        "full": "3. grep is stopped (SIGSTOP), and {lines:,} lines are written",
        "resumed": "4. grep goes on (SIGCONT)",
        "printed": "   written {written:,} matching lines, printed {printed:,}",
        "gone": "5. grep is ended",
        "tail_gone": "   tail ended too, with status {status}",
        "tail_signal": "   tail ended too, by signal {number} ({signal}){raised}",
        "raised": ": it wrote nothing more, it sent that to itself",
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
        "asleep": "   {name} was not switched in between: it slept all the time",
        "woke": "   {name} was switched {count} times in between: it woke with nothing written",
        "unknown": "   {name}: no count of switches to be had here, so these two seconds show nothing of it",
        "compare": "Compare the two readings in 1: no more switches means asleep all the time;\n"
        "more for tail means that it asks every second.",
        "both": "In 2, one line woke both.",
        "wrote": "Compare 3 with 4: grep was stopped, and yet it was tail that slept.",
    },
    "zh": {
        "start": "tail -f access.log | grep --line-buffered 404，在 {folder}",
        "idle": "1. 两秒没有新日志",
        "line": "2. 追加一行",
        "came": "   {ms:.1f} 毫秒后 grep 打印了它",
        "nothing": "   {seconds} 秒内 grep 没有打印",
        "full": "3. 冻结 grep（SIGSTOP），写入 {lines:,} 行",
        "resumed": "4. 恢复 grep（SIGCONT）",
        "printed": "   写入匹配的 {written:,} 行，打印 {printed:,} 行",
        "gone": "5. 结束 grep",
        "tail_gone": "   tail 也结束了，状态 {status}",
        "tail_signal": "   tail 也结束了，终止它的信号是 {number}（{signal}）{raised}",
        "raised": "：它没有再写，是自己发给自己的",
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
        "asleep": "   {name} 这段时间没有一次切换：一直在睡",
        "woke": "   {name} 这段时间切换了 {count} 次：没有新日志，它也醒了",
        "unknown": "   {name}：这里得不到切换次数，这两秒说明不了它",
        "compare": "比较 1 里的两次读数：自愿切换没有增加，就是一直在睡；tail 增加了，说明它每秒醒来查看。",
        "both": "2 里一行叫醒了两个进程。",
        "wrote": "比较 3 和 4：停住的是 grep，睡着的却是 tail。",
    },
}


class Reading(NamedTuple):
    """What is known of a process at one moment; the count is None where the system has none to give."""

    letter: str
    voluntary: int | None


def read(pid: int) -> Reading:
    """The state of a process, from /proc or, where there is none, from ps."""
    try:
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    except OSError:
        said = subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True).stdout
        return Reading(said.strip()[:1], None)
    return Reading(status["State"][0], int(status["voluntary_ctxt_switches"]))


def state(name: str, pid: int, words: dict[str, str]) -> Reading:
    """Prints one line about a process."""
    now = read(pid)
    said = words.get(now.letter, now.letter)
    if now.voluntary is None:
        print(words["state_ps"].format(name=name, state=said))
        return now
    where = call_of(pid) if now.letter in "SD" else ""
    where = words["in"].format(call=where) if where else ""
    print(words["state"].format(name=name, state=said, where=where, voluntary=now.voluntary))
    return now


def verdict(name: str, before: Reading, after: Reading, words: dict[str, str]) -> str:
    """What two readings show of the time between them."""
    if before.voluntary is None or after.voluntary is None:
        return words["unknown"].format(name=name)
    count = after.voluntary - before.voluntary
    return words["woke" if count else "asleep"].format(name=name, count=count)


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


def both(tail: subprocess.Popen[bytes], grep: subprocess.Popen[bytes], words: dict[str, str]) -> list[Reading]:
    return [state("tail", tail.pid, words), state("grep", grep.pid, words)]


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
    before = both(tail, grep, words)
    time.sleep(2)
    after = both(tail, grep, words)
    for at, name in enumerate(("tail", "grep")):
        print(verdict(name, before[at], after[at], words))

    print(words["line"])
    began = time.monotonic()
    append(log, LINE)
    came = read_lines(out, 1, PATIENCE_S) == 1
    took_ms = (time.monotonic() - began) * 1000
    print(words["came"].format(ms=took_ms) if came else words["nothing"].format(seconds=PATIENCE_S))
    both(tail, grep, words)

    print(words["full"].format(lines=MANY))
    grep.send_signal(signal.SIGSTOP)
    append(log, LINE * MANY)
    time.sleep(1)
    slept = [each.letter for each in both(tail, grep, words)] in (["S", "T"], ["D", "T"])

    print(words["resumed"])
    grep.send_signal(signal.SIGCONT)
    print(words["printed"].format(written=MANY, printed=read_lines(out, MANY, 5)))
    ended(tail, grep, words)

    if before[0].voluntary is not None:
        print(words["compare"])
    for key, shown in (("both", came), ("wrote", slept)):
        if shown:
            print(words[key])


def ended(tail: subprocess.Popen[bytes], grep: subprocess.Popen[bytes], words: dict[str, str]) -> None:
    print(words["gone"])
    grep.terminate()
    grep.wait()
    try:
        status = tail.wait(timeout=2)
    except subprocess.TimeoutExpired:
        print(words["tail_stays"])
        return
    if status >= 0:
        print(words["tail_gone"].format(status=status))
        return
    raised = words["raised"] if -status == signal.SIGPIPE else ""  # nothing was written since grep went
    print(words["tail_signal"].format(number=-status, signal=signal.Signals(-status).name, raised=raised))


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

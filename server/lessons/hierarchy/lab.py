"""A family at your own terminal: press Ctrl-C once and see who says that it got SIGINT.

python3 lab.py [zh|en]   (Linux and macOS; on Windows it says what is different there)
"""

from __future__ import annotations

import locale
import os
import signal
import sys
import time

WORDS = {
    "en": {
        "windows": "Windows has no tree of processes: a parent gets a handle, and may hand it on.\n"
        "Run this in Linux (WSL, for instance) or on macOS.",
        "start": "Four processes. A and B stay in this program's group; C makes one of its own.",
        "is": "  {name}: pid {pid}, parent {parent}, group {group}",
        "press": "Press Ctrl-C once. (Nothing? It ends by itself after 20 s.)",
        "got": "  {name} got SIGINT",
        "left": "C is still there: pid {pid}, group {group}. Its group was not in the foreground.",
        "orphan": "Now C loses its parent. Its new parent is {parent} (ps -o pid,ppid,comm shows who that is).",
        "end": "Done. C ends by itself.",
    },
    "zh": {
        "windows": "Windows没有进程的树：父进程得到句柄，还可以转交。\n请在Linux（例如WSL）或macOS上运行。",
        "start": "四个进程。A和B留在本程序的组里，C自成一组。",
        "is": "  {name}：进程{pid}，父进程{parent}，进程组{group}",
        "press": "请按一次Ctrl-C。（不按的话，20秒后自动结束。）",
        "got": "  {name}收到SIGINT",
        "left": "C还在：进程{pid}，进程组{group}。它的组不在前台。",
        "orphan": "现在C失去父进程。新的父进程是{parent}（用ps -o pid,ppid,comm看看它是谁）。",
        "end": "结束。C会自己退出。",
    },
}
WAIT_S = 20


def language() -> str:
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    if asked in WORDS:
        return asked
    here = str(locale.getlocale()[0] or os.environ.get("LANG", "")).lower()
    return "zh" if here.startswith(("zh", "chinese")) else "en"


def member(say: dict[str, str], name: str, own_group: bool) -> int:
    pid = os.fork()
    if pid:
        return pid
    if own_group:
        os.setpgid(0, 0)
    listen(say, name, leaves=True)
    print(say["is"].format(name=name, pid=os.getpid(), parent=os.getppid(), group=os.getpgrp()), flush=True)
    mother, until = os.getppid(), time.monotonic() + WAIT_S + 2
    while time.monotonic() < until:
        time.sleep(0.1)
        if os.getppid() != mother:
            print(say["orphan"].format(parent=os.getppid()), flush=True)
            break
    os._exit(0)


def listen(say: dict[str, str], name: str, leaves: bool) -> None:
    def got(*_: object) -> None:
        print(say["got"].format(name=name), flush=True)
        if leaves:
            os._exit(0)

    signal.signal(signal.SIGINT, got)


def main() -> None:
    say = WORDS[language()]
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    if not hasattr(os, "fork"):
        print(say["windows"])
        return
    print(say["start"], flush=True)
    print(say["is"].format(name="lab", pid=os.getpid(), parent=os.getppid(), group=os.getpgrp()), flush=True)
    pids = [member(say, name, own_group=name == "C") for name in ("A", "B", "C")]
    listen(say, "lab", leaves=False)
    time.sleep(0.3)
    print(say["press"], flush=True)
    until, ended = time.monotonic() + WAIT_S, 0
    while ended < 2 and time.monotonic() < until:
        time.sleep(0.05)
        ended += sum(os.waitpid(pid, os.WNOHANG)[0] != 0 for pid in pids[:2] if exists(pid))
    print(say["left"].format(pid=pids[2], group=os.getpgid(pids[2])), flush=True)
    print(say["end"], flush=True)


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()

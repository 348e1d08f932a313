"""Programs and processes, on your own machine: delete a program's file while it runs, and bring it back.

    python3 lab.py          (Windows: py lab.py)          or: python3 lab.py zh

It needs nothing but Python 3.9 or newer, and works on a copy of a program in a new folder, which it removes.
"""

from __future__ import annotations

import locale
import os
import shutil
import subprocess
import sys
import tempfile

WORDS = {
    "en": {
        "started": "1. Three copies of {name} run: pids {pids}",
        "deleted": "2. The file is deleted. Still running: {alive} of 3",
        "refused": "2. The system refuses to delete the file: {why}",
        "again": "3. Started once more by the old name: {answer}",
        "found": "it started",
        "lost": "not found",
        "rescued": "4. Copied out of process {pid}: {size:,} bytes, {equal}; it {starts}",
        "equal": "all equal",
        "differs": "they differ",
        "starts": "starts",
        "fails": "does not start",
        "no_proc": "4. This system has no /proc: the file cannot be brought back this way",
        "killed": "5. One is killed. Still running: {alive} of 2",
        "end": "Deleting takes away a name. A process holds the file itself.",
    },
    "zh": {
        "started": "1. {name}的三份副本在运行：pid {pids}",
        "deleted": "2. 文件删掉了。还在运行：3份里的{alive}份",
        "refused": "2. 系统不让删：{why}",
        "again": "3. 按旧名字再启动一次：{answer}",
        "found": "启动了",
        "lost": "找不到",
        "rescued": "4. 从进程{pid}里复制出{size:,}字节，{equal}；{starts}",
        "equal": "全部相同",
        "differs": "不相同",
        "starts": "能启动",
        "fails": "不能启动",
        "no_proc": "4. 这个系统没有/proc，这样救不回来",
        "killed": "5. 杀死一份。还在运行：2份里的{alive}份",
        "end": "删掉的只是名字。进程拿着文件本身。",
    },
}
WAITS = {"posix": ["-c", "read line"], "nt": ["/c", "set /p line="]}[os.name]
ENDS = {"posix": ["-c", "exit 0"], "nt": ["/c", "exit 0"]}[os.name]


def source() -> str:
    """A program that every system of its kind has: a shell."""
    return os.environ.get("COMSPEC", "cmd.exe") if os.name == "nt" else shutil.which("bash") or "/bin/sh"


def alive(running: list[subprocess.Popen[bytes]]) -> int:
    return sum(each.poll() is None for each in running)


def starts(path: str) -> bool:
    try:
        return subprocess.run([path, *ENDS], check=False, stdin=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def rescue(pid: int, path: str, say: dict[str, str]) -> None:
    """Copy the file out of a running process."""
    link = f"/proc/{pid}/exe"
    try:
        shutil.copyfile(link, path)
    except OSError:
        print(say["no_proc"])
        return
    os.chmod(path, 0o700)
    with open(link, "rb") as one, open(path, "rb") as other:
        equal = one.read() == other.read()
    words = {"equal": say["equal" if equal else "differs"], "starts": say["starts" if starts(path) else "fails"]}
    print(say["rescued"].format(pid=pid, size=os.path.getsize(path), **words))


def experiment(folder: str, say: dict[str, str]) -> None:
    path = os.path.join(folder, "worker.exe" if os.name == "nt" else "worker")
    shutil.copy(source(), path)
    running = [subprocess.Popen([path, *WAITS], stdin=subprocess.PIPE) for _ in range(3)]
    try:
        print(say["started"].format(name=os.path.basename(path), pids=", ".join(str(each.pid) for each in running)))
        try:
            os.remove(path)
        except OSError as error:
            print(say["refused"].format(why=error.strerror))
        else:
            print(say["deleted"].format(alive=alive(running)))
            print(say["again"].format(answer=say["found" if starts(path) else "lost"]))
            rescue(running[1].pid, path + "2", say)
        running[0].kill()
        running[0].wait()
        print(say["killed"].format(alive=alive(running[1:])))
    finally:
        for each in running:
            each.kill()
            each.communicate()


def language() -> str:
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    if asked in WORDS:
        return asked
    here = str(locale.getlocale()[0] or os.environ.get("LANG", "")).lower()
    return "zh" if here.startswith(("zh", "chinese")) else "en"


def main() -> None:
    say = WORDS[language()]
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    with tempfile.TemporaryDirectory() as folder:
        experiment(folder, say)
    print(say["end"])


if __name__ == "__main__":
    main()

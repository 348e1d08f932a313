"""What is typed at the terminal, and when: conditions are waited for, never times. No byte of a reader's is typed.

A reader's action is the name of one of ``KEYS``; what stands there is all that can ever reach a shell.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...events import ActionTaken, SignalSent
from ...supervisor.event_loop import RunTerminated

if TYPE_CHECKING:
    from ...stage import Stage, TaskContext
    from ...stage.pipes import TerminalReader
    from ...stage.process_tree import ProcessTreeWatcher
    from ...stage.pty import Pty
    from ...supervisor.children import ChildTask

LONG_S = 10.0  # a condition that has not come true by then never will
LOOK_S = 0.05  # how long the script lets what it has brought about stand
POOL_S = 3.0  # what a pool that has lost its workers is given to end
MOST = 12  # processes below the shell: beyond them nothing more is started

#: action → what is typed; Enter is \r, Ctrl-C \x03, Ctrl-Z \x1a, Ctrl-\ \x1c (termios(3): VINTR, VSUSP, VQUIT)
KEYS: Mapping[str, str] = {
    "background": "sleep 400 | sleep 401 &\r",
    "foreground": "sleep 300 | sleep 301\r",
    "jobs": "jobs\r",
    "bg": "bg\r",
    "fg": "fg\r",
    "ctrl_c": "\x03",
    "ctrl_z": "\x1a",
    "quit": "\x1c",
}
ACTIONS = (*KEYS, "hang_up")
PROGRAM = "sleep"
STARTS = ("background", "foreground")
SCRIPT = (
    "background", "foreground", "ctrl_z", "bg", "fg", "ctrl_c", "fg", "quit", "background", "foreground", "hang_up",
)  # fmt: skip
BASH = ["bash", "--norc", "--noprofile", "-i"]
CLEAN = {
    "TERM": "dumb",
    "PS1": "$ ",
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "HOME": "/",
    "HISTFILE": "/dev/null",
}


class Programs(NamedTuple):
    """What experiment.py starts."""

    shell: Callable[[TaskContext], None]
    grandparent: Callable[[TaskContext, int], None]
    pool: Callable[[TaskContext], None]


def run(stage: Stage, params: Mapping[str, Any], programs: Programs) -> None:
    """One trial of the kind that is asked for."""
    kind = params["kind"]
    with stage.trial(kind):
        if kind == "orphan":
            _orphan(stage, programs)
        elif kind == "family":
            _family(Desk(stage, lambda pty: stage.spawn(programs.shell, name="shell", role="shell", terminal=pty)))
        elif kind == "pool":
            _pool(Desk(stage, lambda pty: stage.spawn(programs.pool, name="pool", role="leader", terminal=pty)))
        else:
            _bash(stage, params)


class Desk:
    """A terminal with the leader of its session, and what can be seen of it."""

    def __init__(self, stage: Stage, start: Callable[[Pty], ChildTask]) -> None:
        self.stage = stage
        self.pty = stage.pty(24, 60)
        self.task = start(self.pty)
        self.screen: TerminalReader = stage.read_pty(self.pty, self.task)
        self.family: ProcessTreeWatcher = stage.process_tree()

    def press(self, action: str) -> None:
        """Type what belongs to an action, or hang up; it is told first, so that all its effects come after it."""
        self.stage.emit_fact(ActionTaken(action))
        self.do(action)

    def do(self, action: str) -> None:
        """The same for an action that was told already."""
        if action == "hang_up":
            self.pty.hang_up()
        else:
            self.pty.type(KEYS[action])

    def until(self, done: Callable[[], bool], what: str) -> None:
        """Wait for a condition; a run in which it does not come true has failed, and says which."""
        if not self.stage.until(done, LONG_S):
            raise RunTerminated("failed", f"the terminal did not come to this within {LONG_S:.0f} s: {what}")

    def settled(self, count: int) -> bool:
        """Whether so many processes are there, all asleep, each seen where it is, and none on its way elsewhere."""
        below = self.stage.live_pids()
        places = self.family.positions
        if not len(below) == count == len(self.stage.live_pids("S")):
            return False
        return all(pid in places and places[pid][1] == group_of(pid) for pid in below)


def group_of(pid: int) -> int:
    """Its process group now; 0 if it has gone."""
    try:
        return os.getpgid(pid)
    except OSError:
        return 0


def _family(desk: Desk) -> None:
    stage, shell = desk.stage, desk.task
    with stage.polling(desk.screen), stage.polling(desk.family):
        stage.open_barrier()
        desk.until(
            lambda: _outside(desk) and desk.settled(5), "five processes asleep, one of them in a group of its own"
        )
        stage.sleep(LOOK_S)
        desk.press("ctrl_c")
        desk.until(lambda: desk.pty.foreground() == shell.pid and desk.settled(2), "the shell is in front again")
        stage.sleep(LOOK_S)
        desk.press("hang_up")
        stage.sleep(LOOK_S)


def _outside(desk: Desk) -> bool:
    """Whether the command is in front, and the child with a group of its own is in it."""
    front = desk.pty.foreground()
    groups = {group for _, group, _, _ in desk.family.positions.values()}
    return front not in (0, desk.task.pid) and groups > {front, desk.task.pid}


def _pool(desk: Desk) -> None:
    stage = desk.stage
    with stage.polling(desk.screen), stage.polling(desk.family):
        stage.open_barrier()
        desk.until(lambda: desk.settled(4), "a pool of three, asleep")
        stage.sleep(LOOK_S)
        desk.press("ctrl_c")
        stage.until(lambda: desk.task.dead, POOL_S)
        stage.sleep(LOOK_S)


def _orphan(stage: Stage, programs: Programs) -> None:
    heard, done = os.pipe()
    try:
        _lose_parent(stage, programs, heard, done)
    finally:
        os.close(heard)
        os.close(done)


def _lose_parent(stage: Stage, programs: Programs, heard: int, done: int) -> None:
    stage.spawn(programs.grandparent, done, name="grandparent", role="grandparent")
    family = stage.process_tree()
    with stage.polling(family):
        stage.open_barrier()
        if not stage.until(lambda: len(family.positions) == 3, LONG_S):
            raise RunTerminated("failed", "the three generations did not come")
        stage.sleep(LOOK_S)
        mother, child = _line(family)
        stage.wait_until_asleep(mother)  # it has said what its child is called: nobody else can
        stage.emit_fact(SignalSent(mother, signal.SIGKILL, 0))
        os.kill(mother, signal.SIGKILL)
        if not stage.until(lambda: family.positions[child][0] == os.getpid(), LONG_S):
            raise RunTerminated("failed", "the orphan's new parent was not seen")
        if not stage.until(lambda: bool(select.select([heard], [], [], 0)[0]), LONG_S):
            raise RunTerminated("failed", "the orphan did not go on")
        stage.sleep(LOOK_S)


def _line(family: ProcessTreeWatcher) -> tuple[int, int]:
    """The pids of the parent and of the child below the grandparent."""
    for pid, (above, *_) in family.positions.items():
        if above in family.positions and family.positions[above][0] in family.positions:
            return above, pid
    raise RunTerminated("failed", "three generations are not one below the other")


def shell_argv(stage: Stage) -> list[str]:
    """bash where there is one, else the system's own sh."""
    return BASH if stage.machine.has("bash") else ["sh", "-i"]


def _bash(stage: Stage, params: Mapping[str, Any]) -> None:
    argv = shell_argv(stage)
    desk = Desk(stage, lambda pty: stage.spawn_program(argv, name=argv[0], role="shell", terminal=pty, env=CLEAN))
    with stage.polling(desk.screen), stage.polling(desk.family):
        desk.until(lambda: desk.screen.bytes > 0 and _prompt(desk), "the prompt")
        for action in _script(desk) if params["script"] == "alone" else _asked(desk):
            if fits(desk, action):
                desk.do(action)
            if action == "hang_up":
                break
        if desk.pty.closed or desk.task.dead:  # else nobody has asked for an end, and it is the run's time that is up
            stage.until(lambda: desk.task.dead and not stage.live_pids(), 2.0)
        stage.sleep(LOOK_S)


def _prompt(desk: Desk) -> bool:
    return desk.pty.foreground() == desk.task.pid


def fits(desk: Desk, action: str) -> bool:
    """Lines are for the shell: they are typed only at its prompt, and start only so many processes."""
    if action not in ACTIONS:
        return False
    if action == "hang_up" or len(KEYS[action]) == 1:
        return True  # a key is a key at any time
    return _prompt(desk) and (action not in STARTS or len(desk.stage.live_pids()) < MOST)


def _asked(desk: Desk) -> Iterator[str]:
    """What readers ask for, as it comes."""
    for said in desk.stage.actions(lambda: desk.task.dead):
        yield said["action"]


def _script(desk: Desk) -> Iterator[str]:
    """The same without a reader: each step once what the last one brought about can be seen."""
    for action in SCRIPT:
        desk.stage.sleep(LOOK_S)
        before = len(desk.stage.live_pids())
        desk.stage.emit_fact(ActionTaken(action))
        yield action
        if action != "hang_up":
            desk.until(partial(_done, desk, action, before), action)


def _done(desk: Desk, action: str, before: int) -> bool:
    """Whether what an action is for has come about, and all of it has been seen."""
    now = desk.stage.live_pids()
    more = {"background": 2, "foreground": 2, "ctrl_c": -2, "quit": -2}.get(action, 0)
    stopped = desk.stage.live_pids("T")
    front = desk.pty.foreground() != desk.task.pid
    return (
        len(now) == before + more
        and bool(stopped) == (action == "ctrl_z")
        and front == (action in ("foreground", "fg"))
        and len(desk.stage.live_pids("ST")) == len(now)
        and all(_arrived(desk, pid) for pid in now)
    )


def _arrived(desk: Desk, pid: int) -> bool:
    """Whether a process is the program it is to be, and was seen in the group it is in."""
    try:
        name = Path(f"/proc/{pid}/comm").read_text("utf-8").strip()
    except OSError:
        return False
    seen = desk.family.positions.get(pid)
    return seen is not None and seen[1] == group_of(pid) and (name == PROGRAM) == (pid != desk.task.pid)

"""What a recall question says in words, or works out from the page's experiment, is so in the shipped recording."""

from __future__ import annotations

import signal
from collections import Counter

from server.events import CellWritten, Step, TaskBorn, TaskDescribed, TaskDied, TaskRenamed
from server.lesson import catalog
from server.lessons.states.experiment import BURST_LINES, burst_line
from server.log import recording
from server.web import log_summary


def values(slug: str, preset: str) -> dict[str, float]:
    found = log_summary.of_file(catalog.recording_path(slug, preset)).values
    assert found, f"{slug} has no recording of {preset}"
    return {name: each.value for name, each in found.items()}


def ends(slug: str, preset: str) -> list[tuple[str, TaskDied]]:
    """How each task of a recording ended, with its role."""
    path = catalog.recording_path(slug, preset)
    assert path is not None
    facts = [entry.fact for entry in recording.read(path).entries]
    roles = {fact.task: fact.role or "" for fact in facts if isinstance(fact, TaskBorn)}
    return [(roles.get(fact.task, ""), fact) for fact in facts if isinstance(fact, TaskDied)]


def test_of_the_copies_one_is_killed_and_every_other_one_ends_by_itself() -> None:
    copies = [end for role, end in ends("program-process", "program") if role == "copy"]
    assert Counter(end.signal or 0 for end in copies) == {signal.SIGKILL: 1, 0: len(copies) - 1}


def test_the_first_copy_is_killed_and_another_one_rescued() -> None:
    path = catalog.recording_path("program-process", "program")
    assert path is not None
    facts = [entry.fact for entry in recording.read(path).entries]
    names = {fact.task: fact.name for fact in facts if isinstance(fact, TaskRenamed)}
    assert {names[fact.task] for fact in facts if isinstance(fact, TaskDied) and fact.signal} == {"copy 1"}
    rescued = [fact.task for fact in facts if isinstance(fact, CellWritten) and fact.name == "rescued"]
    assert [names[task] for task in rescued] == ["copy 2"]


def test_two_further_copies_cost_about_a_tenth_of_what_three_take() -> None:
    found = values("program-process", "program")
    together = found["pss_all@1"] + 2 * found["further@1"]
    shares = (1, 1.1, 1.3, 1.7)
    assert min(shares, key=lambda each: abs(each - together / found["pss_all@1"])) == 1.1


def test_after_a_thaw_five_lines_of_the_card_differ() -> None:
    path = catalog.recording_path("process-table", "frozen")
    assert path is not None
    facts = [entry.fact for entry in recording.read(path).entries]
    looks: list[dict[str, str]] = []  # the card at each look: what is not described anew is as before
    for fact in facts:
        if isinstance(fact, Step):
            looks.append(dict(looks[-1]) if looks else {})
        elif isinstance(fact, TaskDescribed) and looks and fact.text is not None:
            looks[-1][fact.of] = fact.text
    frozen, later, thawed = looks[:3]
    assert frozen == later
    changed = {of for of in frozen if frozen[of] != thawed[of]}
    assert changed == {"pc", "sp", "stack", "cpu_ms", "switches"}


def test_the_core_changes_hands_about_a_seventh_as_often_with_a_slice_of_100_ms() -> None:
    found = values("multiprogramming", "slices")
    share = found["turns_100"] / found["turns_0"]
    assert min((1 / 2, 1 / 7, 1 / 25), key=lambda each: abs(each - share)) == 1 / 7
    assert 1 / 9 < share < 1 / 5


def test_the_six_tasks_of_the_recording_have_two_cores() -> None:
    found = values("multiprogramming", "six_tasks")
    assert (found["tasks@1"], found["cores@1"]) == (6, 2)


def test_two_children_move_the_offset_to_twice_where_it_begins() -> None:
    found = values("process-table", "offset")
    moved = found["offset_after"] - found["offset_before"]
    assert found["offset_before"] + 2 * moved == 2 * found["offset_before"]


def test_256_lines_of_the_burst_fill_a_pipe_of_4096_bytes() -> None:
    found = values("states", "buffered")
    line = found["first_bytes"] / found["first_lines"]
    assert {len(burst_line(number)) + 1 for number in (1, 10, BURST_LINES)} == {round(line)}
    assert values("states", "small")["full_bytes"] / round(line) == 256


def test_the_first_output_of_grep_is_several_blocks_and_less_than_a_pipe() -> None:
    found = values("states", "buffered")
    assert found["first_bytes"] % 4096 == 0
    assert 2 * 4096 <= found["first_bytes"] < found["full_bytes"]


def test_sigpipe_ends_tail() -> None:
    assert dict(ends("states", "plain"))["tail"].signal == signal.SIGPIPE


def test_the_sockets_wait_twice_as_long_in_the_later_recording() -> None:
    first, later = values("blocking", "four"), values("blocking", "later")
    assert 1.9 < later["awaited_wall_ms"] / first["awaited_wall_ms"] < 2.1
    assert abs(later["awaited_together_ms"] - 2 * later["awaited_slowest_ms"]) < 1


def test_whoever_spins_twice_as_long_asks_about_twice_as_often() -> None:
    asked, later = values("blocking", "four")["spin_refused"], values("blocking", "later")["spin_refused"]
    assert min((0.12, 0.25, 0.5, 1), key=lambda each: abs(each * later - 2 * asked)) == 1


def test_another_program_speaks_first_and_the_child_of_a_fork_server_last() -> None:
    found = values("creation", "methods")
    spoke = sorted(range(1, 5), key=lambda trial: found[f"start_ms@{trial}"])
    assert (spoke[0], spoke[-1]) == (2, 4)


def test_six_of_the_ten_end_by_a_signal_and_sigint_is_one_of_them() -> None:
    found = Counter(end.signal for role, end in ends("termination", "ways") if role)
    assert len([number for number in found if number]) == 6
    assert found[signal.SIGINT] == 1
    assert values("termination", "ways")["said"] + 1 == 5


def test_of_the_terminals_processes_c_and_the_shell_are_not_in_front() -> None:
    found = values("hierarchy", "family")
    assert (found["got"], found["others"], found["members"]) == (3, 2, 3)

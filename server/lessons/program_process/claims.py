"""What this lesson claims, each a fold over the log of one run: one file, many processes, and a name that goes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from ...events import ClaimBroken, ClaimHeld, ValueMeasured
from ...lesson import ClaimResult
from ...lesson.claim_folds import counted_verdict
from ...log.timeline import Trial
from .readings import CopiesReading

NOT_FOUND = 127  # as a shell says it of a program that is not there
CHEAP = 0.2  # a further copy that costs less than this share of the first one costs little


class OneFile(CopiesReading):
    """As many pids as copies, and one file: device and inode are equal."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        copies = self.copies(trial)
        files = [self.first(task, "inode") for task in copies]
        seen = [each for each in files if each is not None]
        if not seen:
            return ()
        at_ns, task = max(each[0] for each in seen), copies[-1].number
        pids, inodes = {task.born.pid for task in copies if task.born}, {each[1] for each in seen}
        if (len(pids), len(inodes), len(seen)) == (self.copies_wanted, 1, self.copies_wanted):
            return [ClaimHeld("one_file", task=task, at_ns=at_ns)]
        return [ClaimBroken("one_file", f"{len(pids)} pids, {len(inodes)} files", task=task, at_ns=at_ns)]


class Separate(CopiesReading):
    """Each pair of copies has two address spaces: by kcmp(2), or by the addresses of the text where that is refused."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        answers = [(t_ns, cell) for t_ns, cell in self.cells if cell.name.startswith("memory of ")]
        pairs = self.copies_wanted * (self.copies_wanted - 1) // 2
        if len(answers) != pairs:
            return ()
        same = sum(cell.value == "same" for _, cell in answers)
        refused = any(cell.value == "refused" for _, cell in answers)
        texts = [each[1] for task in self.copies(trial) if (each := self.first(task, "text"))]
        at_ns, to_ns, task = answers[0][0], answers[-1][0], answers[0][1].task
        apart = len(set(texts)) == self.copies_wanted if refused else same == 0
        if apart:
            return [ClaimHeld("separate", task=task, at_ns=at_ns, to_ns=to_ns)]
        return [ClaimBroken("separate", f"{same} of {pairs} pairs share one", task=task, at_ns=at_ns, to_ns=to_ns)]


class RunsOn(CopiesReading):
    """After the deletion no copy ends until one is killed; each one's file says "(deleted)" and has no name."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        remover, copies = self.named(trial, "rm"), self.copies(trial)
        if remover is None or remover.ended_ns is None or self.killed is None:
            return ()
        from_ns, to_ns = remover.ended_ns, self.killed[0]
        ended = [task for task in copies if task.ended_ns is not None and task.ended_ns < to_ns]
        cards = [(self.newest(task, "exe"), self.newest(task, "links")) for task in copies]
        deleted = [exe for exe, links in cards if exe and links and exe[1].endswith(" (deleted)") and links[1] == "0"]
        if ended or len(deleted) != len(copies):
            reason = f"{len(ended)} ended, {len(deleted)} of {len(copies)} files without a name"
            return [ClaimBroken("runs_on", reason, at_ns=from_ns, to_ns=to_ns)]
        return [ClaimHeld("runs_on", task=copies[0].number, at_ns=from_ns, to_ns=to_ns)]


class NameGone(CopiesReading):
    """Started by its old name, the program is not found: 127."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        fourth = self.named(trial, "fourth")
        if fourth is None or fourth.died_ns is None or fourth.ended_ns is None:
            return ()
        if fourth.code == NOT_FOUND:
            return [ClaimHeld("name_gone", task=fourth.number, at_ns=fourth.ended_ns)]
        return [ClaimBroken("name_gone", f"it ended with {fourth.code}", task=fourth.number, at_ns=fourth.ended_ns)]


class Rescued(CopiesReading):
    """What was copied out of /proc/PID/exe is the program byte for byte, and it starts."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        rescued = self.named(trial, "rescued")
        said = next((cell.value for _, cell in self.cells if cell.name == "rescued"), None)
        if rescued is None or rescued.died_ns is None or said is None:
            return ()
        if said.endswith(" equal") and rescued.code == 0:
            return [ClaimHeld("rescued", task=rescued.number, at_ns=rescued.ended_ns)]
        reason = f"{said}, it ended with {rescued.code}"
        return [ClaimBroken("rescued", reason, task=rescued.number, at_ns=rescued.ended_ns)]


class OthersStay(CopiesReading):
    """One copy is killed; every other one is still there afterwards, and ends by itself."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        if self.killed is None:
            return ()
        at_ns, victim = self.killed
        others = [task for task in self.copies(trial) if task.number != victim]
        dead = self.timeline.task(victim)
        left = [
            task for task in others if task.ended_ns and task.ended_ns > (dead.ended_ns or 0) and task.code is not None
        ]
        if dead.signal == 9 and len(left) == len(others):
            return [ClaimHeld("others_stay", task=victim, at_ns=dead.ended_ns)]
        reason = f"signal {dead.signal}, {len(left)} of {len(others)} left"
        return [ClaimBroken("others_stay", reason, task=victim, at_ns=at_ns)]


class Together(CopiesReading):
    """A further copy costs little memory, as the file's pages are there once. Counted: of the further copies."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:  # noqa: ARG002
        sums = self.sums()
        if len(sums) < 2:
            return ()
        pss = [each[1] for each in sums]
        cheap = sum(after - before < CHEAP * pss[0] for before, after in pairwise(pss))
        last = list(self.looks[-1])[-1]
        at_ns, to_ns = self.looked_ns[0], self.looked_ns[-1]
        holds = cheap == len(pss) - 1
        return counted_verdict("together", cheap, len(pss) - 1, holds=holds, task=last, at_ns=at_ns, to_ns=to_ns)


class ScriptNotThere(CopiesReading):
    """A running script is neither mapped nor open: the program that runs is python, and it runs on."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        found = [(t_ns, cell) for t_ns, cell in self.cells if cell.name == "script"]
        remover, copies = self.named(trial, "rm"), self.copies(trial)
        if not found or remover is None or remover.ended_ns is None:
            return ()
        at_ns, to_ns, task = found[0][0], remover.ended_ns, found[0][1].task
        there = [cell.value for _, cell in found if cell.value != "mapped 0 open 0"]
        ended = [each for each in copies if each.ended_ns is not None and each.ended_ns < to_ns]
        wrong = there or ended or len(found) != len(copies)
        if wrong:
            reason = f"{len(there)} have the script, {len(ended)} ended"
            return [ClaimBroken("script_not_there", reason, task=task, at_ns=at_ns, to_ns=to_ns)]
        return [ClaimHeld("script_not_there", task=task, at_ns=at_ns, to_ns=to_ns)]


class Figures(CopiesReading):
    """The numbers that the text shows; memory in kB of 1,024 bytes, over the mappings of the program's file."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        copies, number = self.copies(trial), trial.number
        fourth = self.named(trial, "fourth")
        if fourth is not None and fourth.ended_ns is not None:
            until = self.killed[0] if self.killed else fourth.ended_ns
            alive = [task for task in copies if task.ended_ns is None or task.ended_ns >= until]
            yield ValueMeasured("alive", len(alive), "count", number)
        yield ValueMeasured("copies", len(copies), "count", number)
        if fourth is not None and fourth.code is not None:
            yield ValueMeasured("fourth_code", fourth.code, "count", number)
        sums = self.sums()
        if len(sums) > 1:
            yield ValueMeasured("pss_one", sums[0][1], "kb", number)
            yield ValueMeasured("rss_all", sums[-1][0], "kb", number)
            yield ValueMeasured("pss_all", sums[-1][1], "kb", number)
            yield ValueMeasured("further", (sums[-1][1] - sums[0][1]) / (len(sums) - 1), "kb", number)
        for _, cell in self.cells:
            if cell.name == "rescued":
                yield ValueMeasured("rescued_bytes", int(cell.value.split()[0]), "bytes", number)

"""Hearing the kernel: raw records, what they mean, and whether they add up; this file only gathers the names.

raw ─ the record     perf (perf_events, wakings, parse, tracefs) ─ "exact+wake", "exact"     sampler ─ tier "sampled"
states ─ records → facts (pure), with known, task, edges, wakes, reasons     proc ─ /proc
proof ─ records against counters     choose ─ the self-test     listen ─ one turn of the launcher's timer
"""

from .choose import Finding, choose
from .perf import PerfRecorder, keep_open
from .proc import counters, gil_range, look, own_counters
from .proof import Tally, check, measured
from .raw import Busy, Counters, Look, Raw, Recorder, Refused, TaskGone, Want
from .states import RecordFolder
from .turn import open_best, open_recorder, pump

__all__ = [
    "Busy",
    "Counters",
    "Finding",
    "Look",
    "PerfRecorder",
    "Raw",
    "RecordFolder",
    "Recorder",
    "Refused",
    "Tally",
    "TaskGone",
    "Want",
    "check",
    "choose",
    "counters",
    "gil_range",
    "keep_open",
    "look",
    "measured",
    "open_best",
    "open_recorder",
    "own_counters",
    "pump",
]

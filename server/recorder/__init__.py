"""Hearing the kernel: raw records, what they mean, and whether they add up; this file only gathers the names.

raw ─ the record     perf, parse, tracefs ─ tiers "exact+wake", "exact"     sampler ─ tier "sampled"
states ─ records → facts (pure)     proc ─ /proc     proof ─ records against counters     choose ─ the self-test
"""

from server.recorder.perf import PerfRecorder, keep_open
from server.recorder.raw import Busy, Raw, Recorder, Refused, TaskGone

__all__ = ["Busy", "PerfRecorder", "Raw", "Recorder", "Refused", "TaskGone", "keep_open"]

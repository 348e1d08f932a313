"""Recording the kernel's scheduler events of one process tree: raw records, the facts they become, and their proof.

records        the raw record, and the interface of a recorder
perf_recorder  tiers "exact+wake" and "exact": perf_events (perf_event_open), perf_parser, wakeup_events, tracefs
sampler        tier "sampled": /proc polled 1,000 times a second
state_reconstructor  records → facts (pure), with task_facts, recorded_task, transitions, wake_inference, wait_reasons
switch_proof   records against the kernel's own counters of a task; tree_proof: of a whole process tree
polling        opens a recorder, and polls it; self_test chooses the tier; process_counter counts live processes
procfs, process_info, memory   readers of /proc
"""

from .perf_recorder import PerfRecorder, open_idle_events
from .polling import open_best_recorder, open_recorder, poll_recorder
from .procfs import gil_address_range, read_counters, read_own_counters, take_snapshot
from .records import (
    Counters,
    RawRecord,
    Recorder,
    RecorderUnavailable,
    ResourcesExhausted,
    SnapshotRequest,
    TaskGone,
    TaskSnapshot,
)
from .self_test import SelfTestResult, run_self_test
from .state_reconstructor import StateReconstructor
from .switch_proof import SwitchTally, check_counters, task_measured

__all__ = [
    "Counters",
    "PerfRecorder",
    "RawRecord",
    "Recorder",
    "RecorderUnavailable",
    "ResourcesExhausted",
    "SelfTestResult",
    "SnapshotRequest",
    "StateReconstructor",
    "SwitchTally",
    "TaskGone",
    "TaskSnapshot",
    "check_counters",
    "gil_address_range",
    "open_best_recorder",
    "open_idle_events",
    "open_recorder",
    "poll_recorder",
    "read_counters",
    "read_own_counters",
    "run_self_test",
    "take_snapshot",
    "task_measured",
]

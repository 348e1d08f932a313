"""The edges of the state diagram, as pairs of state and cause, for random runs; it tests nothing itself."""

from server.events import Cause, State

TRANSITIONS: tuple[tuple[State, Cause], ...] = (
    ("running", "dispatched"),
    ("ready", "preempted"),
    ("ready", "woken"),
    ("ready", "born"),
    ("blocked", "waits"),
    ("stopped", "stopped"),
    ("ready", "continued"),
    ("zombie", "exited"),
)

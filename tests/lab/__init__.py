"""Lessons that only tests run: each does one thing that a run must survive."""

"""Faults on purpose: one after another, at random instants of real runs, and what must be true after each.

stand.py is the server under test and its processes, viewer.py who watches, kinds.py the faults, invariants.py what is
asserted after each, __main__.py the round, its seed and its sums. All goes by HTTP, signals and files.
"""
